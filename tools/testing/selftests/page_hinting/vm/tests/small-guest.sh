# SPDX-License-Identifier: GPL-2.0
# Invariant 4, bounded: guests from 64 MiB on give memory back, and survive a
# program that wants nearly all of theirs while others free.
set -eu

for mem in 64 128 256; do
	quarter=$((mem / 4))
	# How much of so small a guest is in blocks of 2 MiB is chance.
	[ $mem = 64 ] && order=4 || order=9
	MEM=$mem guest.sh -s "$out/small.tsv" -c "$out/small.console" -t 120 -- \
		"echo $order > /sys/kernel/mm/page_hinting/min_order; sleep 1;" \
		"hold $quarter munmap 500 2000"
	back=$(awk -v mib=$quarter -f "$vm/curve.awk" "$out/small.tsv" | cut -f 2)
	echo "$mem MiB: $back of $quarter MiB back"
	# The smaller the guest, the less of it is in large blocks.
	[ "$back" -ge $((quarter * 3 / 4 - 8)) ] || exit 75
	MEM=$mem clean-guest.sh "$out/small.console" -t 120 -- \
		'cd /sys/kernel/mm/page_hinting; echo 0 > age_ms; echo 0 > age_max_ms;' \
		"page_fault1 -t 2 -s 5 -m $((mem / 16)) &" \
		"page_fault1 -t 1 -s 5 -m $((mem / 8)); wait"
done
