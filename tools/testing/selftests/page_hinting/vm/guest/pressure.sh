#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: fills memory to the last page while others free, in turn with
# hinting off, and with hinting of blocks of several orders at age 0, by QEMU, by
# QEMU while memory is compacted and flushed without a pause, and by a host that
# takes 100 ms for an answer. Then a 64th less than that,
# while atomic allocations come in bursts that fit into what is free.
#
# usage: pressure.sh ROUNDS SECONDS
#
# Prints "@brim HOST ORDER KIB KILLS" and "@atomic HOST ORDER BURSTS FAILURES
# KILLS"; HOST is off and ORDER 0 where hinting is off.

# shellcheck source=common.sh
. common.sh

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting

# usage: host off|qemu|flush|slow ORDER
host()
{
	rm -f /tmp/flushes
	echo 0 > $controls/enabled
	rmmod slow_host 2>/dev/null
	[ -e $driver/"$device" ] || echo "$device" > $driver/bind
	[ "$1" != off ] || return
	if [ "$1" = slow ]; then
		echo "$device" > $driver/unbind
		insmod /lib/slow_host.ko delay_ms=100 || exit 1
	fi
	echo "$2" > $controls/min_order
	echo 1 > $controls/enabled
	[ "$1" != flush ] || : > /tmp/flushes
}

# What would make one time differ from the next, whatever hinting does: pages
# that stay in the lists of other CPUs, and the boost of a watermark, which lasts
# for good once kswapd has given up.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
echo 0 > /proc/sys/vm/watermark_boost_factor
echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
# Each kill is a page of text.
dmesg -n 1

# In all arms, for it takes memory, too.
mkfifo /tmp/never
(
	while :; do
		if [ -e /tmp/flushes ]; then
			echo 2 > $controls/flush
		else
			read -t 1 -r _ <> /tmp/never
		fi
	done
) &

host off
all=$(brim 0)
all=$(brim "${all% *}")
all=${all% *}
arms='off:0 qemu:9 qemu:4 flush:9 slow:9 slow:4'
for round in $(seq "$1"); do
	for arm in $arms; do
		host "${arm%:*}" "${arm#*:}"
		say "brim ${arm%:*} ${arm#*:} $(brim "$all")"
	done
done

# A sixteenth at a time, and as much again to spare.
burst=$((all / 16))
[ $burst -lt 8192 ] || burst=8192
for arm in $arms; do
	host "${arm%:*}" "${arm#*:}"
	brim -k -s "$2" $((all - 2 * burst)) > /tmp/brim &
	filler=$!
	failed=$(atomic $burst "$2")
	wait $filler
	say "atomic ${arm%:*} ${arm#*:} $failed $(cut -d ' ' -f 2 /tmp/brim)"
done
say "hinted $(cat $controls/hinted) blocks"
