# SPDX-License-Identifier: GPL-2.0
# A guest that uses memory again and again keeps it; when it frees it for good
# the host has it soon. The bounds are those of make bench with some room for
# a busy machine: it measures, this shows that it works.
#
# alone: it measures time
set -eu

MEM=2048 DEVICES='-trace ram_block_discard_range' \
	guest.sh -s "$out/policy.tsv" -c "$out/policy.console" -t 200 -- \
	churn 256 100 15 6000 || { tail -n 20 "$out/policy.console"; exit 1; }
awk -F '\t' -v mib=256 '
	$3 ~ /^@steady/ { kib = $2; discarded = $4 }
	$3 ~ /^@churned/ {
		split($3, said, " ")
		net = (kib - $2) / 1024
		beyond = ($4 - discarded) / 1024 - (net > 0 ? net : 0)
		share = 100 * (beyond > 0 ? beyond : 0) / (said[2] * mib)
	}
	$3 ~ /^@held/ { begin = $1; top = $2 }
	$3 ~ /^@end/ { exit }
	begin && !back && top - $2 >= mib * 1024 * 0.98 { back = ($1 - begin) / 1000 }
	END {
		printf "%d cycles, %.1f %% discarded for nothing; back after %s s\n",
		       said[2], share, back ? back : "-"
		exit said[2] >= 5 && share <= 10 && back && back <= 4 ? 0 : 75
	}' "$out/policy.tsv"
