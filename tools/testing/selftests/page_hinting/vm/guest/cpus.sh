#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: CPUs go off and come back on line while they free memory and
# hinting runs at age 0; then nothing is left in the arrays of those that are
# off, and what is free is hinted: 256 MiB are freed for the host to see.
#
# usage: cpus.sh ROUNDS
controls=/sys/kernel/mm/page_hinting
counters=/sys/kernel/debug/page_hinting
cpus=/sys/devices/system/cpu

value()
{
	cat $controls/"$1"
}

echo 0 > $controls/age_max_ms
page_fault1 -t 4 -s 100000 -m 16 -h always > /dev/null &
page_fault1 -p 4 -s 100000 -m 16 > /dev/null &
switched=0
for round in $(seq "$1"); do
	# An age that leaves much in the arrays, and one that leaves little.
	echo $((round % 2 * 1000)) > $controls/age_ms
	for cpu in 1 2 3; do
		echo 0 > $cpus/cpu$cpu/online && switched=$((switched + 1))
		sleep 0.1
	done
	sleep 0.2
	for cpu in 3 1 2; do
		echo 1 > $cpus/cpu$cpu/online
		sleep 0.1
	done
done
echo 2000 > $controls/age_ms
sleep 1
captured=$(cat $counters/captured)
for cpu in 1 2 3; do
	echo 0 > $cpus/cpu$cpu/online
done
echo "@switched $switched, $(value waiting) wait, $captured captured"
# Its processes, too.
killall page_fault1
wait
echo 20 > $controls/age_ms
settled.sh || exit 1
hold 256 munmap 500 4000
