# SPDX-License-Identifier: GPL-2.0
# page_fault1: faults a second, without reporting, with hinting, and without
# reporting again, which shows the machine's own noise. A guest measures all
# of its kinds of tasks one after another; the arms are in turn by the fifth
# of a second.
#
# The variant is CPUs, tasks (t for threads, p for processes), huge pages.

# usage: faults CPUS RUN ARM...
faults()
{
	cpus=$1 run=$2
	shift 2
	# A loop, as the kernel takes at most 32 words for its init.
	command="echo; echo @steady; for kind in $kinds;"
	command="$command do page_fault1 -\${kind%-*} $cpus -s 3 -h \${kind#*-}; done"
	SMP=$cpus MEM=2048 boot_in_turn "faults-$cpus-$run" "$@" -- "$command"
	for arm; do
		rates=$(tr -d '\r' < "$work/faults-$cpus-$run-$arm.console" |
			awk '/page_fault1:/ { print $(NF - 2) }')
		for kind in $kinds; do
			row "$cpus ${kind%-*} ${kind#*-}" "$arm" "$run" "${rates%%"$newline"*}"
			rates=${rates#*"$newline"}
		done
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
		faults $cpus "$run" none hinting none-again
	done
done
