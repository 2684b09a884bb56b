# SPDX-License-Identifier: GPL-2.0
# page_fault1: faults a second, without reporting, with hinting, and without
# reporting again, which shows the machine's own noise.
#
# The variant is CPUs, tasks (t for threads, p for processes), huge pages.
columns faults/s
for run in $(runs 3 1); do
	for cpus in 1 2 4; do
		for tasks in t p; do
			for pages in never always; do
				[ -z "$quick" ] || [ "$cpus$tasks" = 2t ] || continue
				for arm in none hinting none-again; do
					SMP=$cpus MEM=2048 boot $arm "faults-$cpus-$tasks-$pages-$arm-$run" \
						"page_fault1 -$tasks $cpus -s 3 -h $pages"
					rate=$(tr -d '\r' < "$said" |
						awk '/page_fault1:/ { print $(NF - 2) }')
					row "$cpus $tasks $pages" $arm "$run" "$rate"
				done
			done
		done
	done
done
