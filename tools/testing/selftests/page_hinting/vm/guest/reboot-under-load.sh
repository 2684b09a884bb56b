#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: reboots under load, with hinting at full speed, and adds a year
# to its clock, until that shows the given one. Then frees 256 MiB for the host
# to see.
#
# usage: reboot-under-load.sh YEAR
set -e

controls=/sys/kernel/mm/page_hinting
year=$(cut -d - -f 1 /sys/class/rtc/rtc0/date)

if [ "$year" -lt "$1" ]; then
	date -u -s "$((year + 1))-01-01 00:00:00"
	hwclock -u -w
	echo 0 > $controls/age_ms
	echo 0 > $controls/age_max_ms
	page_fault1 -t 2 -s 100 -m 64 &
	sleep 3
	echo
	echo @loaded
	reboot -f
	sleep 100
fi
hold 256 munmap 500 3000
