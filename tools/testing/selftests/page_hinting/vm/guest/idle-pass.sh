#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: what a pass costs that finds nothing to do: what was hinted is used
# soon after it, a hundred times, and what a pass learns of that is all it does.
#
# usage: idle-pass.sh
#
# Prints "@pass POSSIBLE-CPUS PASSES NS", NS being that of the cheapest: others have
# entries to look at that are stale or too young.
controls=/sys/kernel/mm/page_hinting
tracing=/sys/kernel/tracing

settled.sh > /dev/null || exit 1
echo x86-tsc > $tracing/trace_clock
echo 1 > $tracing/events/workqueue/workqueue_execute_start/enable
echo 1 > $tracing/events/workqueue/workqueue_execute_end/enable
for event in isolate report clock; do
	echo 1 > $tracing/events/page_hinting/page_hinting_$event/enable
done
# No pieces: a pass is not a slow hand's turn, either.
cat $controls/min_order > $controls/cold_order
echo 20 > $controls/age_ms
echo 1000 > $controls/age_max_ms
for i in $(seq 100); do
	hold 8 munmap 20 300 > /dev/null
done
echo 0 > $tracing/tracing_on
echo
# A kworker's name has no blanks.
awk -v cpus="$(awk -F - '{ print $NF + 1 }' /sys/devices/system/cpu/possible)" '
	$5 == "workqueue_execute_start:" && /page_hinting_pass/ { since[$1] = $4 + 0 }
	# It had something to do.
	$5 ~ /^page_hinting_/ { since[$1] = 0 }
	$5 == "workqueue_execute_end:" && since[$1] {
		ns = $4 - since[$1]
		if (!passes++ || ns < least)
			least = ns
		since[$1] = 0
	}
	END { print "@pass", cpus, passes + 0, least + 0 }' $tracing/trace
