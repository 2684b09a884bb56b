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
echo 4096 > $tracing/buffer_size_kb
# No pieces: a pass is not a slow hand's turn, either.
cat $controls/min_order > $controls/cold_order
echo 20 > $controls/age_ms
echo 1000 > $controls/age_max_ms
for i in $(seq 100); do
	hold 8 munmap 20 300 > /dev/null
done
echo 0 > $tracing/tracing_on
awk '
	/^#/ { next }
	/: page_hinting_/ { busy[$1] = 1 }
	/: workqueue_execute_/ {
		for (i = 1; $i !~ /^workqueue_execute_/; i++)
			;
		time = $(i - 1) + 0
		if (/execute_start/ && /page_hinting_pass/) {
			since[$1] = time
			busy[$1] = 0
		} else if (/execute_end/ && since[$1]) {
			if (!busy[$1])
				print time - since[$1]
			since[$1] = 0
		}
	}' $tracing/trace | sort -n > /tmp/passes
echo
echo "@pass $(awk -F - '{ print $NF + 1 }' /sys/devices/system/cpu/possible)" \
	"$(grep -c . /tmp/passes)" \
	"$(head -n 1 /tmp/passes)"
