# SPDX-License-Identifier: GPL-2.0
# page_fault1: faults a second, without reporting, with hinting, and without
# reporting again, which shows the machine's own noise. A guest measures all
# of its kinds of tasks one after another.
#
# The variant is CPUs, tasks (t for threads, p for processes), huge pages.

faults()
{
	cpus=$1 arm=$2 run=$3
	command=
	for kind in $kinds; do
		command="$command page_fault1 -${kind%-*} $cpus -s 3 -h ${kind#*-};"
	done
	# shellcheck disable=SC2086
	SMP=$cpus MEM=2048 boot "$arm" "faults-$cpus-$arm-$run" $command
	rates=$(tr -d '\r' < "$said" | awk '/page_fault1:/ { print $(NF - 2) }')
	for kind in $kinds; do
		row "$cpus ${kind%-*} ${kind#*-}" "$arm" "$run" "${rates%%"$newline"*}"
		rates=${rates#*"$newline"}
	done
}

newline='
'
columns faults/s
kinds="t-never t-always p-never p-always"
[ -z "$quick" ] || kinds="t-never t-always"
for run in $(runs 3 1); do
	for cpus in 1 2 4; do
		[ -z "$quick" ] || [ $cpus = 2 ] || continue
		# In either order, for who comes later finds another machine.
		arms="none hinting none-again"
		[ $((run % 2)) = 1 ] || arms="none-again hinting none"
		for arm in $arms; do
			faults $cpus $arm "$run"
		done
	done
done
