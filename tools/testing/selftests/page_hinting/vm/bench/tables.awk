# SPDX-License-Identifier: GPL-2.0
#
# Reads tables that measure.sh made, whose names are their workloads', and has the
# medians of what is in them, and the ratios of pairs.
BEGIN {
	FS = "\t"
}

FNR == 1 {
	workload = FILENAME
	gsub(/.*\/|\.tsv$/, "", workload)
	has[workload] = 1
	heads = 0
}

/^#/ {
	next
}

!heads {
	heads = NF
	for (i = 4; i <= NF; i++)
		head[i] = $i
	next
}

{
	if (!((workload, $1) in known)) {
		known[workload, $1] = 1
		name[workload, ++variants[workload]] = $1
	}
	for (i = 4; i <= NF; i++) {
		key = workload SUBSEP $1 SUBSEP $2 SUBSEP head[i]
		value[key, ++runs[key]] = $i == "-" ? 1e12 : $i + 0
		ran[key, runs[key]] = $3
		at[key, $3] = value[key, runs[key]]
	}
}

function median_of(values, n,   i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
			t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
		}
	return n ? values[int((n + 1) / 2)] : 1e12
}

function median(workload, variant, arm, column,   key, values, n) {
	key = workload SUBSEP variant SUBSEP arm SUBSEP column
	for (n = 1; n <= runs[key]; n++)
		values[n] = value[key, n]
	return median_of(values, n - 1)
}

# The median of the pairs' ratios.
function ratio(workload, variant, arm, base, column,   one, other, values, i, n, run) {
	one = workload SUBSEP variant SUBSEP arm SUBSEP column
	other = workload SUBSEP variant SUBSEP base SUBSEP column
	for (i = 1; i <= runs[one]; i++) {
		run = ran[one, i]
		if ((other, run) in at && at[other, run])
			values[++n] = at[one, run] / at[other, run]
	}
	return median_of(values, n)
}

function text(number, format) {
	return number >= 1e11 ? "-" : sprintf(format, number)
}

function target(number, what, met) {
	printf "%s  %-6s  %s\n", number, met ? "met" : "MISSED", what
}
