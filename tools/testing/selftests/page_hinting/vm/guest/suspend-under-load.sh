#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: under-load.sh, and suspends to RAM three times meanwhile, or to
# the disk twice.
#
# usage: suspend-under-load.sh LEVEL|disk
#
# LEVEL is what to write to /sys/power/pm_test. To the disk, which is /dev/vda, is
# all of it but for the power: the image is written, read back, and gone on with.
# Prints "@resumed" each time.
set -e

state=mem
times=3
if [ "$1" = disk ]; then
	state=disk
	times=2
	mkswap /dev/vda
	swapon /dev/vda
	cat /sys/block/vda/dev > /sys/power/resume
	echo test_resume > /sys/power/disk
else
	echo "$1" > /sys/power/pm_test
fi
under-load.sh &
load=$!
until [ -f /tmp/loaded ]; do
	kill -0 $load
	sleep 0.1
done
for i in $(seq $times); do
	echo $state > /sys/power/state
	echo
	echo @resumed
	sleep 2
done
wait $load
