#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: hinting begins anew, and what comes back hinted is counted by
# zone; then most of the memory is used and freed for the host to see.
#
# usage: zones.sh
#
# Prints "@zone NODE NAME HINTED FREE", in pages; FREE are those in blocks that
# are large enough.
controls=/sys/kernel/mm/page_hinting
tracing=/sys/kernel/tracing
order=9

value()
{
	cat $controls/"$1"
}

echo 0 > $controls/age_ms
echo 0 > $controls/enabled
echo $order > $controls/min_order
echo 1 > $tracing/events/page_hinting/page_hinting_return/enable
echo 1 > $controls/enabled
for i in $(seq 100); do
	sleep 0.2
	[ "$(value waiting)$(value bytes_missed)$(value bytes_in_flight)" != 000 ] || break
done
echo 0 > $tracing/events/page_hinting/page_hinting_return/enable
sed -n 's/.*page_hinting_return: pfn=\(0x[0-9a-f]*\) nr_pages=\([0-9]*\) hinted=1/\1 \2/p' \
	$tracing/trace > /tmp/returned

# Node, zone, first page frame, spanned pages.
awk '/^Node/ { node = $2 + 0; zone = $4 }
     $1 == "spanned" { spanned = $2 }
     $1 == "start_pfn:" && spanned { print node, zone, $2, spanned }' \
	/proc/zoneinfo > /tmp/zones
while read -r node zone start spanned; do
	# Zones of two nodes don't overlap here.
	sum=0
	while read -r pfn pages; do
		[ $((pfn)) -lt "$start" ] || [ $((pfn)) -ge $((start + spanned)) ] ||
			sum=$((sum + pages))
	done < /tmp/returned
	free=$(tr -d , < /proc/buddyinfo |
		awk -v node="$node" -v zone="$zone" -v order=$order '
		$2 == node && $4 == zone {
			for (i = NF; i >= order + 5; i--)
				pages = pages * 2 + $i
			for (i = 0; i < order; i++)
				pages *= 2
			print pages
		}')
	echo "@zone $node $zone $sum $free"
done < /tmp/zones

hold "$(awk '/MemFree/ { print int($2 / 1024 * 0.85) }' /proc/meminfo)" munmap 500 5000
