#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# How many guests a host holds: with hinting, with the kernel's own page
# reporting, and with neither; one machine, one QEMU, one kernel, the arms in
# turn. The tests are those of the first designs of free page hinting.
#
# usage: density.sh [-q] [WORKLOAD...]	(from the top of the repository)
#
# -q is quick: an eighth of the memory, shorter, and nothing published. A
# workload is a script in density/; it leaves build/density/NAME.tsv, a row a
# run. When all have run, or those that are named, the tables, the pictures and
# the calculator's table are made anew from what is there, and put into
# Documentation/page_hinting/.
#
# Whatever happens no process, cgroup or swap file is left.
# Exit status 77 says that this machine can not do it.
set -eu

here=$(dirname "$0")
work=build/density
published=Documentation/page_hinting
export PATH="$here:$PATH" bench="$here/bench" vm="$here"

# MiB of the first test's and the second's guests, and of what runs in them.
quick=
fit_mib=5120 fit_program=4096 hog_mib=6656 hog_program=6144
cap_mib=15360 swap_mib=4096 needed_mib=20480
fit_most=20
if [ "${1:-}" = -q ]; then
	quick=1
	work=build/density-quick
	fit_mib=640 fit_program=512 hog_mib=896 hog_program=768
	cap_mib=1920 swap_mib=1024 needed_mib=3072
	fit_most=6
	shift
fi
# Page reporting's delay can be set in the bench's kernel.
[ -n "$quick" ] || export KERNEL=build/bench/linux-6.12/vmlinux
export quick work
swap=$work/swap
workloads="fit memhog footprint server saved"
# shellcheck disable=SC2086
[ $# != 0 ] || set -- $workloads
for workload; do
	case " $workloads " in
	*" $workload "*) ;;
	*) echo "density: no workload $workload; there are $workloads" >&2; exit 2 ;;
	esac
done

# shellcheck source=measure.sh
. "$here/measure.sh"
# shellcheck source=density/cap.sh
. "$here/density/cap.sh"

available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
if [ "$available" -lt $needed_mib ]; then
	echo "density: needs $needed_mib MiB of available memory, here are $available;" \
		"QUICK=1 needs less" >&2
	exit 77
fi
mkdir -p $work
exec 9> $work/lock
flock -n 9 || { echo "density: another run is under way" >&2; exit 1; }
cap_find || exit 77
swap_off $swap

cleanup()
{
	status=$?
	trap '' INT TERM HUP
	trap - EXIT
	end_guests
	cap_remove || true
	swap_off $swap || true
	rm -rf "$work"/*.new "$work"/*.img
	exit $status
}
pids=
trap cleanup EXIT
trap 'echo "density: interrupted" >&2; exit 130' INT TERM HUP

# The emulator keeps code that it has translated, up to 1 GiB if it is let.
ACCEL=$(accel.sh)
case $ACCEL in
tcg*) ACCEL=$ACCEL,tb-size=128 ;;
esac
QEMU_ITSELF=${QEMU:-qemu-system-x86_64}
export ACCEL QEMU_ITSELF

now_ms()
{
	echo $(($(date +%s%N) / 1000000 - begin * 1000))
}

# usage: guest_file GUEST WHAT	of the workload, arm and run of the moment
guest_file()
{
	echo "$work/$workload-$arm-$run-$1.$2"
}

# usage: start GUEST MiB COMMAND...	under $CAP, or nothing if that is empty
start()
{
	guest=$1 mib=$2
	shift 2
	arm "$arm"
	now_ms > "$(guest_file "$guest" offset)"
	SMP=1 MEM=$mib QEMU="$here/density/qemu.sh" \
	DEVICES="-trace ram_block_discard_range ${QEMU_MORE:-}" guest.sh \
		${VMRUN_MORE:-} -s "$(guest_file "$guest" samples)" -c "$(guest_file "$guest" console)" \
		-t 3600 -- "$@" &
	pid=$!
	pids="$pids $pid"
}

# Whether it is a child of ours, and runs.
alive()
{
	awk -v parent=$$ '
		/^State:/ { zombie = $2 == "Z" }
		/^PPid:/ { ours = $2 == parent }
		END { exit !(ours && !zombie) }' "/proc/$1/status" 2>/dev/null
}

end_guests()
{
	for pid in $pids; do
		! alive "$pid" || kill "$pid" 2>/dev/null || true
	done
	for pid in $pids; do
		wait "$pid" || true
	done
	pids=
}

# usage: said MARK GUEST
said()
{
	grep -qs "^@$1" "$(guest_file "$2" console)"
}

failed()
{
	tail -n 20 "$(guest_file "$1" console)" >&2
	echo "density: guest $1 of $workload $arm failed" >&2
	exit 1
}

# usage: empty_disk	for give_disk to copy
empty_disk()
{
	truncate -s 1536M "$work/empty.img"
	mke2fs -q -t ext2 -F -N 65536 "$work/empty.img"
}

# usage: give_disk GUEST	prints QEMU's option for one of its own
give_disk()
{
	cp --sparse=always "$work/empty.img" "$(guest_file "$1" img)"
	echo "-drive file=$(guest_file "$1" img),if=virtio,format=raw,cache=unsafe"
}

# usage: put_on CPU PID	the QEMU of a guest
put_on()
{
	for emulator in $(cat "/proc/$2/task/$2/children" 2>/dev/null); do
		taskset -a -c -p "$1" "$emulator" > /dev/null 2>&1 || true
	done
}

# usage: side_by_side ARM ARM TEXT START...	START starts the guest of an arm
#
# One CPU can be slower than the other for minutes, by what is beside this machine: so
# the guests change places each half second. For a moment both are on one CPU then, at
# the cost of who was there before: that, too, is each in its turn.
side_by_side()
{
	first_arm=$1 second_arm=$2 doing=$3
	shift 3
	arm=$first_arm
	"$@"
	first=$pid
	arm=$second_arm
	"$@"
	shown=0
	on_0=$first on_1=$pid
	while alive "$first" || alive "$pid"; do
		if [ "$(nproc)" = 2 ]; then
			put_on 0 "$on_0"
			put_on 1 "$on_1"
			last=$on_0 on_0=$on_1 on_1=$last
		fi
		if [ $(($(now_ms) - shown)) -ge 30000 ]; then
			shown=$(now_ms)
			progress "$doing"
		fi
		sleep 0.5
	done
	wait "$pid" || failed "$guest"
	arm=$first_arm
	wait "$first" || failed "$guest"
	pids=
}

# usage: progress TEXT
progress()
{
	printf '%5d s  %s %s: %s\n' $(($(now_ms) / 1000)) "$workload" "$arm" "$1"
}

# What the cap has come to.
look()
{
	refused=$(cap_refused)
	killed=$(cap_killed)
	swapped=$(cap_swapped)
	held=$(cap_held)
}

# Whether the cap is reached, as far as we have looked.
reached()
{
	[ "$refused" != 0 ] || [ "$killed" != 0 ]
}

# usage: turns ARM RUN MiB PROGRAM-MiB SWAP-MiB GUESTS
#
# Starts guests in turn, each when the program of the one before has ended.
# Without swap it is over when the cap is reached; that guest does not count.
# Sets $arm and $run; $tried, the guests that were started; $fit, those whose
# program has ended; $refused, $killed, $swapped, $held: what cap.sh counts.
turns()
{
	arm=$1 run=$2
	rm -f "$work/$workload-$arm-$run"-*
	cap_make "$cap_mib" "$5"
	tried=0 fit=0
	while [ $tried -lt "$6" ]; do
		tried=$((tried + 1))
		CAP=$cap start $tried "$3" \
			"echo; echo @go; hold $4 exit 0 0 && echo && echo @ran && sleep 100000"
		shown=$(now_ms)
		until said ran $tried; do
			look
			[ "$5" != 0 ] || ! reached || break 2
			if ! alive "$pid"; then
				look
				[ "$killed" = 0 ] && failed $tried
				break
			fi
			if [ $(($(now_ms) - shown)) -ge 10000 ]; then
				shown=$(now_ms)
				progress "guest $tried runs; $held of $cap_mib MiB held, $swapped swapped"
			fi
			sleep 0.1
		done
		look
		[ "$5" != 0 ] || ! reached || break
		echo "$refused	$killed	$swapped	$held" > "$(guest_file $tried after)"
		! said ran $tried || fit=$((fit + 1))
		progress "$fit of $tried guests have run their program; $held of $cap_mib MiB held, $swapped swapped"
	done
	[ $fit = $tried ] ||
		progress "guest $tried has not; refused $refused, killed $killed"
}

# usage: seconds_of_program GUEST	"-" if it did not end
seconds_of_program()
{
	awk -F '\t' '
		$3 ~ /^@go/ { begin = $1 }
		$3 ~ /^@ran/ { end = $1 }
		END { print end ? sprintf("%.2f", (end - begin) / 1000) : "-" }' \
		"$(guest_file "$1" samples)"
}

# The median of lines; "-" counts as more than any number.
median()
{
	sed 's/^-$/inf/' | sort -g |
		awk '{ v[NR] = $1 } END { m = v[int((NR + 1) / 2)]; print m == "inf" || !NR ? "-" : m }'
}

# shellcheck disable=SC2086
[ -n "$quick" ] || keep_published $workloads
begin=$(date +%s)
for workload; do
	table=$work/$workload.tsv
	# shellcheck disable=SC1090
	. "$here/density/$workload.sh"
	mv "$table.new" "$table"
done

awk -f "$bench/tables.awk" -f "$bench/summary.awk" "$work"/*.tsv > "$work/summary.txt"
"$here"/density/hosts.sh "$work" > "$work/hosts.txt"
awk -f "$bench/tables.awk" -f "$here/density/targets.awk" "$work"/*.tsv > "$work/targets.txt"
cat "$work/summary.txt" "$work/targets.txt" "$work/hosts.txt"
rm -f "$work"/*.svg
"$here"/density/pictures.sh "$work" "$cap_mib" "$@"
[ -z "$quick" ] || exit 0

mkdir -p $published
cp "$work"/*.tsv $published/
for picture in "$work"/*.svg; do
	[ ! -f "$picture" ] || cp "$picture" $published/
done
{
	cat <<'END'
.. SPDX-License-Identifier: GPL-2.0

==============================
Free page hinting: the density
==============================

Made by ``make density``; the runs themselves are in the tables beside.
What the columns are is said in the workload's script,
tools/testing/selftests/page_hinting/vm/density/.

Guests come one after another to a memory cgroup; each runs a program that
touches most of its memory and frees it, before the next one comes, and then
idles. ``fit`` is without swap, and over when the cgroup's limit refuses memory,
or with 20 guests, which is what there is time for. ``memhog`` has three guests,
larger programs, and swap beside if the machine allows it. The memory of these two is
what is resident in QEMU's processes. Where they emulate (TCG) that has up to 128 MiB
of translated code in it, whatever the guest does. In ``footprint`` a guest works
and idles, once or twice, with its page cache kept or dropped; its memory is that of the
guest's RAM alone. ``server`` reads its page cache again and again. ``saved`` is what a
guest's state takes that has just freed memory.

Measured
========
::

END
	sed 's/^./    &/' "$work/summary.txt"
	for picture in fit footprint; do
		[ ! -f $published/$picture.svg ] || printf '\n.. image:: %s.svg\n' $picture
	done
	printf '\nWhat is to be achieved, by density/targets.awk::\n\n'
	sed 's/^./    &/' "$work/targets.txt"
	echo
	cat "$work/hosts.txt"
} > $published/density.rst.new
mv $published/density.rst.new $published/density.rst
echo "published in $published"
