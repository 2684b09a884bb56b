#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: memory filled to a 64th before the last page, again and again,
# while others free and hinting runs at age 0, with blocks of several orders;
# first with a host of ours that is slow, then with QEMU, which the real host
# stops and continues; at last 256 MiB are freed for the real host to see.
#
# usage: slow-host.sh SECONDS DELAY-MS
#
# Prints "@brim HOST ORDER KIB KILLS", and "@late N of M": how often something
# was in flight when it was looked at.

# shellcheck source=common.sh
. common.sh

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting

# Twice what anybody may wait for the host.
echo 20 > /proc/sys/kernel/hung_task_timeout_secs
# See pressure.sh.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
echo 0 > /proc/sys/vm/watermark_boost_factor

fill()
{
	for order in 9 4; do
		echo $order > $controls/min_order
		say "brim $1 $order $(brim -k -s "$2" "$all")"
	done
}

# What the OOM killer says of these two is no complaint.
dmesg -n 1
echo 0 > $controls/enabled
all=$(brim 0)
all=$(brim "${all% *}")
all=${all% *}
dmesg -n 5
echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
echo 1 > $controls/enabled

echo "$device" > $driver/unbind
insmod /lib/slow_host.ko delay_ms="$2" || exit 1
(while sleep 0.1; do cat $controls/bytes_in_flight; done) > /tmp/in_flight &
watcher=$!
fill slow "$1"
kill $watcher
say "late $(grep -vc '^0$' /tmp/in_flight) of $(grep -c . /tmp/in_flight)"
rmmod slow_host || exit 1

echo "$device" > $driver/bind
say stop
fill stopped "$1"
say continue

echo 9 > $controls/min_order
hold 256 munmap 1000 5000
settled.sh
