#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: blocks freed and allocated again by modules/block_cycle.c, at an
# age that keeps the pass from its work meanwhile.
#
# usage: block-cycle.sh ORDER
#
# Prints "@cycle ORDER NS-TO-FREE NS-TO-ALLOCATE SAME CAPTURED": how many of 64
# blocks were the same as before, and how many captures there were, both times
# and those of the module's beginning and end included.
controls=/sys/kernel/mm/page_hinting
captured=/sys/kernel/debug/page_hinting/captured
[ -e $captured ] || captured=$controls/captured

# No huge page stays in the CPU's page lists.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
echo "$1" > $controls/min_order
settled.sh > /dev/null
echo 60000 > $controls/age_max_ms
echo 60000 > $controls/age_ms
before=$(cat $captured)
insmod /lib/block_cycle.ko order="$1" || exit 1
now=$(cat $captured)
echo
dmesg | tr -d , | awk -v captured=$((now - before)) '
	/block_cycle: order/ {
		for (i = 1; $i != "order"; i++)
			;
		print "@cycle", $(i + 1), $(i + 2), $(i + 5), $(i + 8), captured
	}'
