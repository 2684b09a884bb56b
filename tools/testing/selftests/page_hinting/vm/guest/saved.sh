#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: frees 512 MiB, half in whole blocks, half with a page of every
# 256 KiB left, flushes as is asked, and waits to be saved or moved.
#
# Prints "@ready KIB": of RAM that is in use then.
#
# usage: saved.sh RAM-MiB BEFORE AFTER	levels of the flush, or "-" for none: a
#					tenth of a second after, and when moved
set -eu

# shellcheck source=common.sh
. common.sh

# usage: flush LEVEL
flush()
{
	[ "$1" = - ] || echo "$1" > /sys/kernel/mm/page_hinting/flush
}

# The longer one first: they free at about the same time.
riddle 256 256 600000 > /tmp/riddle &
riddler=$!
hold 256 munmap 1000 600000 > /tmp/hold &
holder=$!
for what in riddle hold; do
	until grep -q '^@free' /tmp/$what; do
		sleep 0.05
	done
done
until has_freed $riddler && has_freed $holder; do
	sleep 0.02
done
sleep 0.1
flush "$2"
say "ready $(awk -v ram="$1" '/^MemFree:/ { print ram * 1024 - $2 }' /proc/meminfo)"
# It is moved, and then the balloon takes some of it.
total=$(total)
while [ "$(total)" = "$total" ]; do
	sleep 0.2
done
flush "$3"
say moved
sleep 600
