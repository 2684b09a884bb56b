#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: two files in the page cache, of which one is read again and again, and
# the other never; cold cache is dropped.
#
# Prints "@cached KiB", and 90 seconds later "@rested USED KiB" of RAM in use and of
# page cache; usage: cold-cache.sh RAM COLD WARM, in MiB
set -eu

value()
{
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

mkdir -p /srv
mount -t ext2 /dev/vda /srv
page-hinting-cold-cache.sh start
dd if=/dev/zero of=/srv/cold bs=1M count="$2" 2> /dev/null
dd if=/dev/zero of=/srv/warm bs=1M count="$3" 2> /dev/null
sync
printf '\n@cached %s\n' "$(value Cached)"
for i in $(seq 9); do
	sleep 10
	cat /srv/warm > /dev/null
done
page-hinting-cold-cache.sh status
printf '\n@rested %s %s\n' $(($1 * 1024 - $(value MemFree))) "$(value Cached)"
sleep 1
# Twice is refused, and changes nothing.
! page-hinting-cold-cache.sh start 2> /dev/null
page-hinting-cold-cache.sh stop
[ "$(page-hinting-cold-cache.sh status)" = off ]
