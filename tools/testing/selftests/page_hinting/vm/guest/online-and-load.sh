#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: as under-load.sh, while CPUs 2 and 3 are taken on line when they
# are plugged in. Prints "@online 2-3" each time that both are.
cpus=/sys/devices/system/cpu
(
	before=
	while :; do
		for cpu in 2 3; do
			[ "$(cat $cpus/cpu$cpu/online 2>/dev/null)" != 0 ] ||
				echo 1 > $cpus/cpu$cpu/online
		done
		now=$(cat $cpus/online)
		[ "$now" = "$before" ] || [ "$now" != 0-3 ] || { echo; echo "@online 2-3"; }
		before=$now
		sleep 0.2
	done
) &
under-load.sh
status=$?
kill $!
exit $status
