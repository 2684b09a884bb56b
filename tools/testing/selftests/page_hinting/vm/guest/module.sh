#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: loads and unloads the balloon's driver while memory is freed and
# hinting runs at age 0; then frees 256 MiB for the host to see.
#
# usage: module.sh ROUNDS
set -e

controls=/sys/kernel/mm/page_hinting
counters=/sys/kernel/debug/page_hinting

if [ -e /sys/bus/virtio/drivers/virtio_balloon ]; then
	echo "module: the kernel has started its own driver"
	exit 1
fi
echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
page_fault1 -t 2 -s 100000 -m 64 &
load=$!
for round in $(seq "$1"); do
	before=$(cat $controls/hinted)
	insmod /lib/virtio_balloon.ko
	for i in $(seq 100); do
		[ "$(cat $controls/hinted)" -le "$before" ] || break
		sleep 0.1
	done
	[ "$(cat $controls/hinted)" -gt "$before" ]
	rmmod virtio_balloon
	[ "$(cat $controls/bytes_in_flight)" = 0 ]
	[ "$(cat $counters/isolated)" = "$(cat $counters/returned)" ]
done
insmod /lib/virtio_balloon.ko
kill $load
# By our signal, not before.
wait $load || [ $? = 143 ]
echo 20 > $controls/age_ms
hold 256 munmap 500 4000
settled.sh
