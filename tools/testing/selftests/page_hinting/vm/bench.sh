#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Hinting beside the kernel's own page reporting, at several delays, and beside
# neither: one machine, one QEMU, one kernel, the arms in turn.
#
# usage: bench.sh [-q | -a] [WORKLOAD...]	(from the top of the repository)
#
# -q is quick: fewer runs, shorter, fewer arms, and nothing published. -a adds
# runs to those that there are, where the pairs were too few to tell; RUNS=N says
# how many.
#
# A workload is a script in bench/; it leaves build/bench/NAME.tsv, a row a run.
# When all have run, or those that are named, the tables and the pictures are
# made anew from what is there, and put into Documentation/page_hinting/.
set -eu

here=$(dirname "$0")
work=build/bench
published=Documentation/page_hinting
export PATH="$here:$PATH" KERNEL=$work/linux-6.12/vmlinux
export bench="$here/bench" vm="$here" work

quick=
more=
case ${1:-} in
-q)
	quick=1
	work=build/bench-quick
	shift
	;;
-a)
	more=1
	shift
	;;
esac
export quick
mkdir -p $work

workloads="release churn quiet faults instructions hook fragmented fleet latency idle"
# shellcheck disable=SC2086
[ $# != 0 ] || set -- $workloads
for name; do
	[ -f "$bench/$name.sh" ] || {
		echo "no workload $name; there are: $(cd "$bench" && ls ./*.sh | sed 's,./\(.*\).sh,\1,' | tr '\n' ' ')" >&2
		exit 2
	}
done

# shellcheck source=measure.sh
. "$here/measure.sh"

# usage: boot ARM NAME COMMAND...	(MEM and SMP by the environment)
# Leaves $work/NAME.samples and $work/NAME.console.
boot()
{
	arm "$1"
	sample=$work/$2.samples
	said=$work/$2.console
	shift 2
	DEVICES="-trace ram_block_discard_range ${QEMU_MORE:-}" guest.sh \
		-s "$sample" -c "$said" -t 400 -- "$@" || {
		status=$?
		[ $status = 130 ] || tail -n 20 "$said" >&2
		echo "bench: a guest failed, status $status" >&2
		exit 1
	}
}

# usage: boot_in_turn NAME ARM... -- COMMAND...	(MEM and SMP by the environment)
#
# Where the arms' speed is compared. This machine's own changes by a half within
# a minute, so each arm's guest boots and says "@steady"; then one runs at a
# time, for a fifth of a second, the others stopped by QMP, until all have
# ended. The clock of a stopped guest stands still.
# Leaves $work/NAME-ARM.samples and $work/NAME-ARM.console.
boot_in_turn()
{
	name=$1
	arms=
	shift
	while [ "$1" != -- ]; do
		arms="$arms $1"
		shift
	done
	shift
	for attempt in 1 2 3 4 5 6; do
		status=0
		in_turn "$@" || status=$?
		# A stale breakpoint, see vmrun.c: all of them once more.
		[ $status = 75 ] || break
	done
	[ $status = 0 ] || {
		echo "bench: a guest failed, status $status" >&2
		exit 1
	}
}

in_turn()
{
	guests=
	for each in $arms; do
		arm "$each"
		said=$work/$name-$each.console
		rm -f "$said"
		DEVICES="-trace ram_block_discard_range
			-qmp unix:$work/$each.qmp,server=on,wait=off" \
			guest.sh -1 -s "$work/$name-$each.samples" -c "$said" \
			-t 400 -- "$*; status=\$?; echo; echo @over; sleep 1; exit \$status" &
		guests="$guests $each:$!"
		until grep -qas '^@steady' "$said"; do
			kill -0 $! 2>/dev/null || break
			sleep 0.05
		done
		machine "$each" stop || true
	done

	running=$guests
	while [ -n "$running" ]; do
		left=
		for guest in $running; do
			machine "${guest%:*}" cont && sleep 0.2 || continue
			# One that is over goes on by itself: QEMU 7.2 can hang at its
			# end if a command comes then.
			! grep -qas '^@over' "$work/$name-${guest%:*}.console" || continue
			! machine "${guest%:*}" stop || left="$left $guest"
		done
		running=$left
	done

	worst=0
	for guest in $guests; do
		wait "${guest#*:}" || worst=$?
		rm -f "$work/${guest%:*}.qmp"
	done
	return $worst
}

# usage: machine ARM stop|cont
machine()
{
	build/guest/qmp -t 10 "$work/$1.qmp" '{"execute": "'"$2"'"}' > /dev/null 2>&1
}

# shellcheck disable=SC2086
[ -n "$quick" ] || keep_published hook-before $workloads
begin=$(date +%s)
# Their scripts have other uses for the arguments.
ran=$*
for workload; do
	table=$work/$workload.tsv
	# shellcheck disable=SC1090
	. "$bench/$workload.sh"
	mv "$table.new" "$table"
done

awk -f "$bench/tables.awk" -f "$bench/summary.awk" "$work"/*.tsv > "$work/summary.txt"
awk -f "$bench/tables.awk" -f "$bench/targets.awk" "$work"/*.tsv > "$work/targets.txt"
cat "$work/summary.txt" "$work/targets.txt"
[ -z "$quick" ] || exit 0

rm -f "$work"/*.svg
# shellcheck disable=SC2086
"$bench"/pictures.sh "$work" $ran
mkdir -p $published
for table in "$work"/*.tsv; do
	cp "$table" $published/
done
for picture in "$work"/*.svg; do
	[ ! -f "$picture" ] || cp "$picture" $published/
done
{
	echo ".. SPDX-License-Identifier: GPL-2.0"
	echo
	echo "============================"
	echo "Free page hinting in figures"
	echo "============================"
	echo
	echo "Made by \`\`make bench\`\`; the runs themselves are in the tables beside."
	echo "Medians, with the smallest and the largest. What the columns are is said"
	echo "in the workload's script, tools/testing/selftests/page_hinting/vm/bench/."
	echo "The line below a workload's name is when it ran, with which commit of the"
	echo "series and on what."
	echo
	echo "What is to be achieved, by bench/targets.awk::"
	echo
	sed 's/^./    &/' "$work/targets.txt"
	echo
	echo "All of it::"
	echo
	sed 's/^./    &/' "$work/summary.txt"
} > $published/figures.rst
echo "published in $published"
