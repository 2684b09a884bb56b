#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: takes the balloon's driver off and on, and its device through
# suspend and resume, while memory is freed; then frees 512 MiB for the host
# to see.
#
# usage: life-cycle.sh ROUNDS	(of unbinding)
set -e

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting

echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
page_fault1 -t 2 -s 600 -m 64 &
load=$!
for i in $(seq "$1"); do
	echo "$device" > $driver/unbind
	[ "$(cat $controls/bytes_in_flight)" = 0 ]
	echo "$device" > $driver/bind
	sleep 0.3
done
echo "unbound and bound $1 times"

echo devices > /sys/power/pm_test
for i in $(seq 3); do
	echo mem > /sys/power/state
	sleep 1
done
echo "suspended and resumed 3 times"
kill $load
# By our signal, not before.
wait $load || [ $? = 143 ]
echo 20 > $controls/age_ms
hold 512 munmap 500 4000
settled.sh
