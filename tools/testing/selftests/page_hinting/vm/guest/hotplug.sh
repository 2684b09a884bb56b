#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: memory comes and goes, a DIMM and virtio-mem, while other
# memory is freed and used, with hinting off and on at age 0. When it has come
# all memory is used and freed for the host to see. Asks the host by lines
# "@plug" and "@unplug", and sees what comes of it.
#
# usage: hotplug.sh MIB	(that come and go)
controls=/sys/kernel/mm/page_hinting
mib=$1

total()
{
	awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo
}

# usage: wait_for LEAST MOST	in MiB
wait_for()
{
	for i in $(seq 600); do
		now=$(total)
		[ "$now" -lt "$1" ] || [ "$now" -gt "$2" ] || return 0
		sleep 0.1
	done
	echo "hotplug: $now MiB, not $1 to $2"
	exit 1
}

echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
before=$(total)
for enabled in 0 1; do
	echo $enabled > $controls/enabled
	page_fault1 -t 2 -s 100000 -m 32 -h always > /dev/null &
	load=$!
	printf '\n@plug\n'
	wait_for $((before + mib * 9 / 10)) $((before + mib))
	kill $load
	wait $load
	free=$(awk '/MemFree/ { print int($2 / 1024 * 0.9) }' /proc/meminfo)
	if [ $enabled = 1 ]; then
		hold "$free" munmap 500 4000
	else
		hold "$free" munmap 500 100 > /dev/null
	fi
	page_fault1 -t 2 -s 100000 -m 32 -h always > /dev/null &
	load=$!
	printf '\n@unplug\n'
	# virtio-mem needs some memory to describe what it could plug.
	wait_for 0 $((before + mib / 10))
	kill $load
	wait $load
	[ $enabled = 1 ] || printf '\n@again\n'
done
grep -s . $controls/* || true
