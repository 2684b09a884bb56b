#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: a host of ours that leaves reports unanswered for a long time,
# as some do while they copy the guest's memory for a snapshot, and meanwhile
# memory is filled to a 16th before the last page, again and again, while others
# free and hinting runs at age 0. Then nothing more is hinted, and all has to
# come back by the answers alone. At last 256 MiB are freed for the real host to
# see.
#
# usage: late-answers.sh DELAY-MS...
#
# Prints "@capacity KIB", what can be filled; and "@late DELAY-MS KILLS KIB BOUND
# MILLISECONDS": the most that was in flight, what may be, and how long it took
# after the last hint until nothing was, -1 if something still is.

# shellcheck source=common.sh
. common.sh

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting

# Twice what anybody may wait for the host.
echo 20 > /proc/sys/kernel/hung_task_timeout_secs
# See pressure.sh.
echo 100000 > /proc/sys/vm/percpu_pagelist_high_fraction
echo 0 > /proc/sys/vm/watermark_boost_factor

# What the OOM killer says of these two is no complaint.
dmesg -n 1
echo 0 > $controls/enabled
all=$(brim 0)
all=$(brim "${all% *}")
all=${all% *}
say "capacity $all"
dmesg -n 5
echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms

# A 64th of each zone that has any memory, and a block of the largest order.
bound=$(awk '$1 == "managed" && $2 { kib += int($2 * 4 / 64) + 4096 } END { print kib }' /proc/zoneinfo)

echo "$device" > $driver/unbind
for delay; do
	insmod /lib/slow_host.ko delay_ms="$delay" || exit 1
	(while sleep 0.05; do cat $controls/bytes_in_flight; done) > /tmp/in_flight &
	watcher=$!
	echo 1 > $controls/enabled
	# Longer than that, so that some of it is answered meanwhile.
	got=$(brim -k -p 16 -s $((delay / 1000 + 5)) "$all")
	echo 0 > $controls/enabled
	began=$(milliseconds)
	back=-1
	while [ $(($(milliseconds) - began)) -lt $((delay + 10000)) ]; do
		if [ "$(cat $controls/bytes_in_flight)" = 0 ]; then
			back=$(($(milliseconds) - began))
			break
		fi
		sleep 0.1
	done
	kill $watcher
	wait $watcher
	say "late $delay ${got#* } $(sort -n /tmp/in_flight | awk 'END { print $1 / 1024 }') $bound $back"
	rmmod slow_host || exit 1
done

echo "$device" > $driver/bind
# What is free is in pieces, as in contig.sh.
echo 4 > $controls/min_order
echo 1 > $controls/enabled
hold 256 munmap 1000 5000
settled.sh
