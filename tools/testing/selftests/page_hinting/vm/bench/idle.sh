# SPDX-License-Identifier: GPL-2.0
# A guest whose free memory is all at the host does nothing: runs of our work
# item by the workqueue's tracepoint, and passes by our counter, and the CPU
# milliseconds of QEMU, all within a time. It begins half a minute after a process
# has ended that had 1 GiB, for what is in pieces goes when it has been free for long.
#
# The variant is that time in seconds.
columns work-items passes CPU-ms
seconds=$([ -z "$quick" ] && echo 60 || echo 20)
for run in $(runs 1 1); do
	for arm in hinting none; do
		SMP=2 MEM=2048 boot $arm "idle-$arm-$run" \
			'hold 1024 munmap 500 500; sleep 30; cd /sys/kernel/tracing;' \
			'echo 1 > events/workqueue/workqueue_execute_start/enable;' \
			'cat /sys/kernel/debug/page_hinting/passes; echo; echo @idle;' \
			"sleep $seconds; echo; echo @busy;" \
			'cat /sys/kernel/debug/page_hinting/passes;' \
			'grep -c page_hinting_pass trace || true'
		numbers=$(tr -d '\r' < "$said" | grep -E '^[0-9]+$' | tr '\n' ' ')
		cpu=$(awk -F '\t' '$3 ~ /^@idle/ { from = $6 } $3 ~ /^@busy/ { print $6 - from }' "$sample")
		# shellcheck disable=SC2086
		set -- $numbers
		row "$seconds" $arm "$run" "$3" "$(($2 - $1))" "$cpu"
	done
done
