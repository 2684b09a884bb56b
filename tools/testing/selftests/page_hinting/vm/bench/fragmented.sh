# SPDX-License-Identifier: GPL-2.0
# A guest fills 1 GiB with pages of 4 KiB and frees all but one here and there:
# MiB that the host has back after 25 s, and seconds to 90 % of that.
#
# The variant is of how many KiB one page survives; the arm hinting-10 differs
# from hinting, whose min_order is the default, in hinting blocks of 4 MiB only.

fragmented()
{
	kib=$1 arm=$2 run=$3
	order=
	[ "$arm" != hinting-10 ] ||
		order='echo 10 > /sys/kernel/mm/page_hinting/min_order;'
	SMP=2 MEM=2048 boot "${arm%-10}" "fragmented-$kib-$arm-$run" "$order" \
		riddle 1024 "$kib" 25000
	row "$kib" "$arm" "$run" "$(awk -F '\t' '
		$3 ~ /^@free/ { t = $1; kib = $2 }
		$3 ~ /^@exit/ { exit }
		t && $3 == "-" { n++; at[n] = ($1 - t) / 1000; back[n] = (kib - $2) / 1024 }
		END {
			for (i = 1; i <= n && back[i] < 0.9 * back[n]; i++)
				;
			printf "%d\t%.2f", back[n], at[i]
		}' "$sample")"
}

columns MiB-back 90%-of-it
for run in $(runs 2 1); do
	for kib in 4096 16384 65536; do
		[ $kib = 16384 ] || [ -z "$quick" ] || continue
		for arm in hinting-10 hinting reporting; do
			[ $arm != hinting-10 ] || [ "$run$quick" = 1 ] || continue
			fragmented $kib $arm "$run"
		done
	done
done
