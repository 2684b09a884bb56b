#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, where nothing is hinted for a minute by itself: flushes that have
# to give back blocks and pieces, that several ask for at once, that nobody takes, that
# a slow host has to take from a busy guest, that a dead one never answers, and that a
# signal interrupts.
#
# Prints "@flush WHAT STATUS MILLISECONDS" for each, and what the last one said.

# shellcheck source=common.sh
. common.sh

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting

# usage: flush WHAT HOW
flush()
{
	began=$(milliseconds)
	echo "$2" > $controls/flush
	status=$?
	say "flush $1 $status $(($(milliseconds) - began))"
}

echo 60000 > $controls/age_ms
echo 0 > $controls/compact
# All that was free before.
flush first 1

hold 256 munmap 500 3000 &
sleep 5
flush blocks 1
sleep 2
wait

# Half of it in pieces of 64 KiB and more.
riddle 256 256 12000 &
sleep 4
flush pieces 1
sleep 2
flush compacted 2
sleep 2
wait

# The same one, or the next.
for i in 1 2 3 4; do
	flush "together-$i" 1 &
done
wait
flush nonsense 3 2>&1

echo "$device" > $driver/unbind
flush nobody 1 2>&1
insmod /lib/slow_host.ko delay_ms=100 || exit 1
# There is an end also where more is freed all the time than the host can take, and
# nothing is too young.
echo 20 > $controls/age_ms
page_fault1 -t 4 -n 1000000 -h always > /dev/null &
sleep 1
flush busy 1
kill $!
wait
echo 60000 > $controls/age_ms

echo 1000000 > /sys/module/slow_host/parameters/delay_ms
flush dead 1 2>&1
flush dead-again 1 2>&1
(echo 1 > $controls/flush) &
sleep 1
began=$(milliseconds)
kill -TERM $!
wait $!
say "flush interrupted $? $(($(milliseconds) - began))"
echo 0 > $controls/enabled
rmmod slow_host || exit 1
echo 1 > $controls/enabled
echo "$device" > $driver/bind
flush bound 1
hold 256 munmap 500 500
flush last 1
sleep 1
echo 20 > $controls/age_ms
settled.sh
