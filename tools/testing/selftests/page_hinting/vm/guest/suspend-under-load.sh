#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: under-load.sh, and suspends to RAM three times meanwhile.
#
# usage: suspend-under-load.sh LEVEL
#
# LEVEL is what to write to /sys/power/pm_test. Prints "@resumed" each time.
set -e

echo "$1" > /sys/power/pm_test
under-load.sh &
load=$!
until [ -f /tmp/loaded ]; do
	kill -0 $load
	sleep 0.1
done
for i in 1 2 3; do
	echo mem > /sys/power/state
	echo
	echo @resumed
	sleep 2
done
wait $load
