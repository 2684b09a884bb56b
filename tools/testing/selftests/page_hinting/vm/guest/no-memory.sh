#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: binds the balloon's driver again and again; the first time the
# task's first allocation fails, then the second, and so on, until none is left
# that could. After each time the balloon works, with hinting or without.
# The task's page faults allocate, too, now one more and now one less, so that a
# round may step over the only allocation that hinting cannot do without: it
# takes as many rounds as that needs, but not more than ten.
#
# Prints how often: "@refused N", the driver did not bind; "@no-hinting N",
# it did, and hinting did not start; and "@whole 1", in the end all works.
set -e

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting
debug=/sys/kernel/debug

for what in failslab fail_page_alloc; do
	echo -1 > $debug/$what/times
	echo 0 > $debug/$what/verbose
	echo 0 > $debug/$what/ignore-gfp-wait
done
echo 0 > $debug/fail_page_alloc/min-order
echo 0 > $controls/age_ms

# How often the driver has said that it goes without.
said()
{
	dmesg | grep -c 'no page hinting' || true
}

refused=0
without=0
rounds=0
n=0
whole=0
while [ $whole = 0 ]; do
	n=$((n + 1))
	before=$(said)
	echo "$device" > $driver/unbind
	# The task that fails to allocate is this subshell.
	left=$( (
		exec 3> $driver/bind 4< /proc/thread-self/fail-nth
		echo $n > /proc/thread-self/fail-nth
		echo "$device" >&3 2>/dev/null || true
		read -r left <&4
		echo 0 > /proc/thread-self/fail-nth
		echo "$left"
	) 2>/dev/null)
	if ! [ -e $driver/"$device" ]; then
		refused=$((refused + 1))
		echo "$device" > $driver/bind
	elif [ "$(said)" != "$before" ]; then
		without=$((without + 1))
	elif [ "$left" != 0 ]; then
		# Fewer allocations than that: none has failed, and it hints.
		rounds=$((rounds + 1))
		[ $without = 0 ] && [ $rounds -lt 10 ] || whole=1
		n=0
	fi
	[ $n -lt 1000 ]
done

# And hints.
before=$(cat $controls/hinted)
echo 0 > $controls/enabled
echo 1 > $controls/enabled
until [ "$(cat $controls/hinted)" -gt "$before" ]; do
	sleep 0.1
done
echo
echo "@refused $refused"
echo "@no-hinting $without"
echo "@whole 1"
