#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, whose host answers late: memory filled to a 64th before the
# last page, again and again, while others free and hinting runs at age 0 with
# blocks of several orders; then 256 MiB freed for the host to see.
#
# usage: slow-host.sh SECONDS
#
# Prints "@brim ORDER KIB KILLS", and "@late N", how often something was in
# flight, of the times it was looked at.
controls=/sys/kernel/mm/page_hinting

# See pressure.sh.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
echo 0 > /proc/sys/vm/watermark_boost_factor

echo 0 > $controls/enabled
all=$(brim 0)
all=$(brim "${all% *}")
all=${all% *}

echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
echo 1 > $controls/enabled
(while sleep 0.1; do cat $controls/bytes_in_flight; done) > /tmp/in_flight &
watcher=$!
for order in 10 4; do
	echo $order > $controls/min_order
	echo "@brim $order $(brim -k -s "$1" "$all")"
done
kill $watcher
echo "@late $(grep -vc '^0$' /tmp/in_flight) of $(grep -c . /tmp/in_flight)"

echo 10 > $controls/min_order
hold 256 munmap 1000 15000
grep . $controls/*
