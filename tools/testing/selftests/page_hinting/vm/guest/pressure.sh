#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: fills memory to the last page while others free, in turn with
# hinting off and with hinting of blocks of several orders, at age 0. Then a
# 64th less than that, while atomic allocations come in bursts that fit into
# what is free.
#
# usage: pressure.sh ROUNDS SECONDS
#
# Prints "@brim ORDER KIB KILLS" and "@atomic ORDER BURSTS FAILURES KILLS";
# ORDER is 0 where hinting is off.
controls=/sys/kernel/mm/page_hinting

# What would make one time differ from the next, whatever hinting does: pages
# that stay in the lists of other CPUs, and the boost of a watermark, which lasts
# for good once kswapd has given up.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
echo 0 > /proc/sys/vm/watermark_boost_factor
echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
# Each kill is a page of text.
dmesg -n 1

hinting()
{
	if [ "$1" = 0 ]; then
		echo 0 > $controls/enabled
	else
		echo "$1" > $controls/min_order
		echo 1 > $controls/enabled
	fi
}

hinting 0
all=$(brim 0)
all=$(brim "${all% *}")
all=${all% *}
for round in $(seq "$1"); do
	for order in 0 10 4; do
		hinting $order
		echo "@brim $order $(brim "$all")"
	done
done

# A sixteenth at a time, and as much again to spare.
burst=$((all / 16))
[ $burst -lt 8192 ] || burst=8192
for order in 0 10 4; do
	hinting $order
	brim -k -s "$2" $((all - 2 * burst)) > /tmp/brim &
	filler=$!
	failed=$(atomic $burst "$2")
	wait $filler
	echo "@atomic $order $failed $(cut -d ' ' -f 2 /tmp/brim)"
done
echo "hinted: $(cat $controls/hinted) blocks"
