# SPDX-License-Identifier: GPL-2.0
#
# Medians with the smallest and the largest, of what tables.awk has read, and the
# ratios of pairs.

function three(values, n,   middle) {
	middle = text(median_of(values, n), "%.6g")
	return n == 1 ? middle : \
		middle " (" text(values[1], "%.6g") ".." text(values[n], "%.6g") ")"
}

function line_of(workload, variant, arm,   line, i, n, values) {
	for (i = 4; i <= heads[workload]; i++) {
		n = measured(workload, variant, arm, head[workload, i], values)
		line = line sprintf("  %-24s", three(values, n))
	}
	line = sprintf("%-20s %-15s %4d%s", variant, arm, n, line)
	sub(/ +$/, "", line)
	print line
}

function line_of_pairs(workload, variant, arm, base,   line, i, n, values) {
	for (i = 4; i <= heads[workload]; i++) {
		n = ratios(workload, variant, arm, base, head[workload, i], values)
		if (n)
			line = line "  " head[workload, i] " " three(values, n)
	}
	if (line)
		printf "%-20s %-15s  / %s, pairs:%s\n", variant, arm, base, line
}

function summary(workload,   line, i, of) {
	line = workload
	gsub(/./, "-", line)
	printf "%s\n%s\n%s", workload, line, made[workload]
	line = sprintf("%-20s %-15s %4s", "variant", "arm", "runs")
	for (i = 4; i <= heads[workload]; i++)
		line = line sprintf("  %-24s", head[workload, i])
	sub(/ +$/, "", line)
	print line
	for (i = 1; i <= rows[workload]; i++) {
		split(row[workload, i], of, SUBSEP)
		line_of(workload, of[1], of[2])
	}
	for (i = 1; i <= rows[workload]; i++) {
		split(row[workload, i], of, SUBSEP)
		if (of[2] ~ /^(hinting|none-again)$/) {
			line_of_pairs(workload, of[1], of[2], "none")
			line_of_pairs(workload, of[1], of[2], "reporting")
		} else if (of[2] ~ /^hinting-/) {
			line_of_pairs(workload, of[1], of[2], "hinting")
		}
	}
	print ""
}

END {
	for (i = 1; i <= tables; i++)
		summary(table[i])
}
