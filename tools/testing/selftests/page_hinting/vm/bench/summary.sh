#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tables of medians with the smallest and the largest, from the workloads'
# tables, and the ratios of pairs.
#
# usage: summary.sh DIRECTORY
set -eu

for table in "$1"/*.tsv; do
	workload=$(basename "$table" .tsv)
	echo "$workload"
	echo "$workload" | sed 's/./-/g'
	sed -n 's/^# //p' "$table"
	awk -F '\t' '
		function number(text) { return text == "-" ? 1e12 : text + 0 }
		function text(value) { return value >= 1e12 ? "-" : sprintf("%.6g", value) }
		function sorted(values, n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
					t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
				}
		}
		function three(values, n) {
			sorted(values, n)
			if (n == 1)
				return text(values[1])
			return text(values[int((n + 1) / 2)]) " (" text(values[1]) ".." text(values[n]) ")"
		}
		# The ratios of pairs: the same variant and run.
		function pairs_with(arm, key,   name, ours, base, i, n, m, pairs, these, line) {
			split(key, name, "\t")
			base = name[1] "\t" arm
			ours = arm == "hinting" ? name[2] ~ /^hinting-/ : name[2] ~ /^(hinting|none-again)$/
			if (!ours || !(base in count))
				return
			line = ""
			for (i = 4; i <= heads; i++) {
				pairs = 0
				for (n = 1; n <= count[key]; n++)
					for (m = 1; m <= count[base]; m++)
						if (run[base, m] == run[key, n] && number(value[base, m, i]) &&
						    number(value[base, m, i]) < 1e12 && number(value[key, n, i]) < 1e12)
							these[++pairs] = value[key, n, i] / value[base, m, i]
				if (pairs)
					line = line "  " head[i] " " three(these, pairs)
			}
			if (line)
				printf "%-20s %-15s  / %s, pairs:%s\n", name[1], name[2], arm, line
		}
		/^#/ { next }
		!heads { for (i = 4; i <= NF; i++) head[i] = $i; heads = NF; next }
		{
			key = $1 "\t" $2
			if (!(key in count)) order[++keys] = key
			n = ++count[key]
			run[key, n] = $3
			for (i = 4; i <= heads; i++) value[key, n, i] = $i
		}
		END {
			printf "%-20s %-15s %4s", "variant", "arm", "runs"
			for (i = 4; i <= heads; i++) printf "  %-24s", head[i]
			print ""
			for (k = 1; k <= keys; k++) {
				split(order[k], name, "\t")
				printf "%-20s %-15s %4d", name[1], name[2], count[order[k]]
				for (i = 4; i <= heads; i++) {
					for (n = 1; n <= count[order[k]]; n++)
						these[n] = number(value[order[k], n, i])
					printf "  %-24s", three(these, count[order[k]])
				}
				print ""
			}
			for (k = 1; k <= keys; k++) {
				pairs_with("none", order[k])
				pairs_with("reporting", order[k])
				pairs_with("hinting", order[k])
			}
		}' "$table" | sed 's/ *$//'
	echo
done
