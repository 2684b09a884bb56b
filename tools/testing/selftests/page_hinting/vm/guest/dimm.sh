#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: all free memory is hinted, several times, with blocks of several
# orders, so that it is told in several ways. The last memory block of the boot
# memory was left alone at boot, when it would have got what stays, and comes now.
#
# usage: dimm.sh BOOT-BLOCK DIMM-BLOCK	(two memory blocks that are neighbours)
#
# Prints "@zone BLOCK ZONE" of these, and "@range FIRST-PAGE-FRAME PAGES" for each
# descriptor that the host had.

# shellcheck source=common.sh
. common.sh

controls=/sys/kernel/mm/page_hinting
blocks=/sys/devices/system/memory
tracing=/sys/kernel/tracing
size=$(cat $blocks/block_size_bytes)

settled()
{
	for i in $(seq 300); do
		sleep 0.1
		[ "$(cat $controls/bytes_missed)$(cat $controls/waiting)$(cat $controls/bytes_in_flight)" != 000 ] ||
			return 0
	done
	echo "dimm: still not all is hinted"
	exit 1
}

printf '0x%x' $(($1 * 0x$size)) > $blocks/probe || exit 1
for block; do
	say "zone $block $(cat $blocks/memory"$block"/valid_zones)"
done
echo 1 > $tracing/events/page_hinting/page_hinting_return/enable
for order in 10 9 7; do
	echo 0 > $controls/enabled
	echo $order > $controls/min_order
	echo 1 > $controls/enabled
	settled
done
echo
sed -n 's/.* pfn=\(0x[0-9a-f]*\) nr_pages=\([0-9]*\) .*/\1 \2/p' $tracing/trace |
	while read -r first pages; do
		echo "@range $((first)) $pages"
	done
