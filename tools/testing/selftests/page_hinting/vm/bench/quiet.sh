# SPDX-License-Identifier: GPL-2.0
# 20 seconds of churn with 512 MiB, then everything is freed: seconds until the
# host has 99 % of the 512 MiB.
#
# The variant is the churn's pause in milliseconds.
columns 99%
for run in $(runs 3 1); do
	for pause in 0 50 400; do
		[ $pause != 50 ] || [ -z "$quick" ] || continue
		for arm in hinting reporting; do
			[ $arm = hinting ] || [ -z "$quick" ] || continue
			[ $arm = hinting ] || [ "$run" = 1 ] || continue
			SMP=2 MEM=2048 boot $arm "quiet-$pause-$arm-$run" \
				churn 512 $pause 20 "$([ $arm = hinting ] && echo 4000 || echo 14000)"
			value=$(awk -F '\t' '
				$3 ~ /^@held/ { t = $1; kib = $2 }
				t && !done && kib - $2 >= 512 * 1024 * 0.99 {
					done = ($1 - t) / 1000
				}
				END { print done ? done : "-" }' "$sample")
			row $pause $arm "$run" "$value"
		done
	done
done
