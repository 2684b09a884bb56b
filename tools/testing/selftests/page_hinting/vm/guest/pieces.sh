#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: frees 512 MiB but for a page here and there, and idles.
#
# Prints "@left USED SMALL WORK": KiB of RAM that are in use, and that are free in
# blocks below cold_order; and how many passes ran in the last five seconds.
#
# usage: pieces.sh COMPACT KIB MiB	one page of every KIB survives, in a guest of MiB
controls=/sys/kernel/mm/page_hinting
passes=/sys/kernel/debug/page_hinting/passes

echo "$1" > $controls/compact
riddle 512 "$2" 60000 &
sleep 40
before=$(cat $passes)
sleep 5
work=$(($(cat $passes) - before))
small=$(awk '{ nr += $5 + 2 * $6 + 4 * $7 + 8 * $8 } END { print nr * 4 }' /proc/buddyinfo)
free=$(awk '/^MemFree:/ { print $2 }' /proc/meminfo)
echo
echo "@left $(($3 * 1024 - free)) $small $work"
sleep 1
kill $!
