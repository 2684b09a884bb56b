#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: what a pass costs that finds nothing to do. The age is written,
# which has the pass look again, a hundred times.
#
# usage: idle-pass.sh
#
# Prints "@pass POSSIBLE-CPUS PASSES NS", NS being that of the one in the middle.
controls=/sys/kernel/mm/page_hinting
tracing=/sys/kernel/tracing

settled.sh > /dev/null || exit 1
echo x86-tsc > $tracing/trace_clock
echo 1 > $tracing/events/workqueue/workqueue_execute_start/enable
echo 1 > $tracing/events/workqueue/workqueue_execute_end/enable
for i in $(seq 100); do
	echo 20 > $controls/age_ms
	sleep 0.05
done
echo 0 > $tracing/tracing_on
grep page_hinting $tracing/trace | awk '
	{
		for (i = 1; $i !~ /^workqueue_execute_/; i++)
			;
		if ($i ~ /start/)
			since[$1] = $(i - 1) + 0
		else if (since[$1])
			print $(i - 1) - since[$1]
	}' | sort -n > /tmp/passes
echo
echo "@pass $(awk -F - '{ print $NF + 1 }' /sys/devices/system/cpu/possible)" \
	"$(grep -c . /tmp/passes)" \
	"$(awk '{ ns[NR] = $1 } END { print ns[int((NR + 1) / 2)] + 0 }' /tmp/passes)"
