# SPDX-License-Identifier: GPL-2.0
#
# Reads tables that measure.sh made, whose names are their workloads', and has the
# medians of what is in them, and the ratios of pairs. "-" is more than any number.
BEGIN {
	FS = "\t"
}

FNR == 1 {
	workload = FILENAME
	gsub(/.*\/|\.tsv$/, "", workload)
	has[workload] = 1
	table[++tables] = workload
	heads[workload] = 0
}

/^#/ {
	made[workload] = made[workload] substr($0, 3) "\n"
	next
}

!heads[workload] {
	heads[workload] = NF
	for (i = 4; i <= NF; i++)
		head[workload, i] = $i
	next
}

{
	if (!((workload, $1) in known)) {
		known[workload, $1] = 1
		name[workload, ++variants[workload]] = $1
	}
	if (!((workload, $1, $2) in known)) {
		known[workload, $1, $2] = 1
		row[workload, ++rows[workload]] = $1 SUBSEP $2
	}
	for (i = 4; i <= NF; i++) {
		key = workload SUBSEP $1 SUBSEP $2 SUBSEP head[workload, i]
		value[key, ++runs[key]] = $i == "-" ? 1e12 : $i + 0
		ran[key, runs[key]] = $3
		at[key, $3] = value[key, runs[key]]
	}
}

function sort(values, n,   i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
			t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
		}
}

function median_of(values, n) {
	sort(values, n)
	return n ? values[int((n + 1) / 2)] : 1e12
}

# Fills in what all runs have measured; returns how many there were.
function measured(workload, variant, arm, column, values,   key, n) {
	key = workload SUBSEP variant SUBSEP arm SUBSEP column
	for (n = 1; n <= runs[key]; n++)
		values[n] = value[key, n]
	return n - 1
}

# Fills in the ratios of pairs: the same variant and run; returns how many.
function ratios(workload, variant, arm, base, column, values,   one, other, i, n, run) {
	one = workload SUBSEP variant SUBSEP arm SUBSEP column
	other = workload SUBSEP variant SUBSEP base SUBSEP column
	for (i = 1; i <= runs[one]; i++) {
		run = ran[one, i]
		if ((other, run) in at && at[other, run] && at[other, run] < 1e12)
			values[++n] = at[one, run] / at[other, run]
	}
	return n + 0
}

function median(workload, variant, arm, column,   values, n) {
	n = measured(workload, variant, arm, column, values)
	return median_of(values, n)
}

function ratio(workload, variant, arm, base, column,   values, n) {
	n = ratios(workload, variant, arm, base, column, values)
	return median_of(values, n)
}

function text(number, format) {
	return number >= 1e11 ? "-" : sprintf(format, number)
}

function target(number, what, met) {
	printf "%s  %-6s  %s\n", number, met ? "met" : "MISSED", what
}
