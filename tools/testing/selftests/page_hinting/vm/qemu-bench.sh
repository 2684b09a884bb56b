#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Our QEMU beside the same source without the series, and the ways to discard
# beside one another; the arms in turn. Leaves build/bench-qemu/*.tsv, a row a
# run, and publishes them with their medians in Documentation/page_hinting/.
#
# usage: qemu-bench.sh [RUNS]	(from the top of the repository)
#
# qemu		A guest of 5 GiB frees 4 GiB in one piece. The variant is the
#		guest's engine, and its memory if that is not private, or that
#		one of its two CPUs is busy with something else. From
#		before the memory is freed: discards, by bench/discards.c, MiB,
#		milliseconds in them for a GiB, of which on the main loop with
#		QEMU's big lock held, and the longest in milliseconds, also
#		before. The longest time from being due of a piece of work in
#		the guest, in milliseconds, in a quiet second and from when the
#		memory is freed (bench/stall.c); in both times the round trips
#		of a QMP command, the median and the longest in microseconds.
#		The arm none has no hints: that is the machine's own noise.
# handback	The same hints to a thread and to a process, without a guest
#		(bench/handback.c). The variant says whether the host is short
#		of memory: as much again is written in a memory cgroup that has
#		room for half of it.
set -eu

here=$(dirname "$0")
work=build/bench-qemu
published=Documentation/page_hinting
repeat=${1:-3}
plain=build/qemu-plain/qemu/qemu-system-x86_64
ours=build/qemu/qemu-system-x86_64
QEMU=$ours
ACCEL=$("$here"/accel.sh)
export QEMU ACCEL
mkdir -p $work
begin=$(date +%s)
cgroup=
pid=
socket=$work/qmp

finish()
{
	trap '' INT TERM HUP
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	wait
	[ -z "$cgroup" ] || rmdir "$cgroup" 2>/dev/null || :
	rm -f $socket
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

row()
{
	(IFS='	'; echo "$*") >> "$table.new"
	printf '%5d s  %s\n' $(($(date +%s) - begin)) "$(IFS='	'; echo "$*")"
}

# usage: columns NAME...
columns()
{
	{
		"$here"/bench/machine.sh
		printf 'variant\tarm\trun'
		printf '\t%s' "$@"
		echo
	} > "$table.new"
}

# usage: guest VARIANT ARM RUN
guest()
{
	said=$work/$1-$2-$3.console
	totals=$work/$1-$2-$3.discards
	trips=$work/$1-$2-$3.trips
	BALLOON=virtio-balloon-pci,free-page-reporting=on
	QEMU=$ours
	case $2 in
	none) BALLOON=virtio-balloon-pci ;;
	plain) QEMU=$plain ;;
	main-loop) ;;
	iothread) BALLOON=$BALLOON,reporting-iothread=reporting ;;
	iothread-free) BALLOON=$BALLOON,reporting-iothread=reporting,reporting-discard=free ;;
	esac
	case $1 in
	hinting*) APPEND=page_hinting=on wait_s=5 ;;
	reporting*) APPEND=page_hinting=off wait_s=18 ;;
	esac
	case $1 in
	*-busy) busy='while :; do :; done &' ;;
	*) busy= ;;
	esac
	case $1 in
	*-memfd) memory="-object memory-backend-memfd,id=ram,size=5120M,share=on
		-machine memory-backend=ram" ;;
	*) memory= ;;
	esac
	export QEMU BALLOON APPEND
	rm -f $socket "$totals" "$trips"
	echo "0 0 0 0 0" > "$totals"
	: > "$said"
	LD_PRELOAD=$(pwd)/build/guest/discards.so DISCARD_TOTALS=$totals SMP=2 MEM=5120 \
		DEVICES="$memory -object iothread,id=reporting -qmp unix:$socket,server=on,wait=off" \
		"$here"/guest.sh -c "$said" -t 300 -- \
		"$busy stall 4096 ${wait_s}000" &
	pid=$!
	while kill -0 $pid 2>/dev/null && ! grep -q '^@quiet' "$said"; do
		sleep 0.01
	done
	before=$(cat "$totals")
	build/guest/qmp -r $((wait_s + 1)) $socket > "$trips" || exit 1
	wait $pid || { tail -n 20 "$said" >&2; exit 1; }
	pid=
	row "$1" "$2" "$3" "$(echo "$before" | cat - "$totals" | awk '
		NR == 1 { calls = $1; bytes = $2; us = $3; main_us = $4 }
		NR == 2 {
			gib = ($2 - bytes) / 1073741824
			printf "%d\t%d", $1 - calls, gib * 1024
			if (gib)
				printf "\t%.2f\t%.2f\t%.2f", ($3 - us) / gib / 1000,
					($4 - main_us) / gib / 1000, $5 / 1000
			else
				printf "\t-\t-\t-"
		}')" \
		"$(tr -d '\r' < "$said" | awk '/^@stall/ { printf "%s\t%s", $2, $3 }')" \
		"$(cut -f 2,3 "$trips")"
}

table=$work/qemu.tsv
columns discards MiB ms/GiB main-ms/GiB longest-ms quiet-ms freeing-ms QMP-us QMP-longest-us
for run in $(seq "$repeat"); do
	for arm in none plain main-loop iothread iothread-free; do
		guest hinting $arm "$run"
	done
	for arm in none plain main-loop iothread; do
		guest hinting-memfd $arm "$run"
	done
	for variant in reporting reporting-busy; do
		for arm in plain main-loop iothread; do
			guest $variant $arm "$run"
		done
	done
done
mv $table.new $table

table=$work/handback.tsv
mib=2048
memory=$(awk '$3 == "cgroup" && $4 ~ /memory/ { print $2; exit }' /proc/mounts)
columns ms CPU-ms round-us longest-us MiB-after MiB-pressed retake-ms
for run in $(seq $((repeat * 2 - 1))); do
	for arm in dontneed free memfd vhost; do
		row room $arm "$run" "$(build/guest/handback $arm $mib)"
		[ -n "$memory" ] || continue
		cgroup=$memory/page-hinting-$$
		mkdir "$cgroup"
		echo $((mib * 3 / 2))M > "$cgroup/memory.limit_in_bytes"
		# shellcheck disable=SC2016
		row short $arm "$run" "$(sh -c 'echo $$ > "$0/tasks"; exec "$@"' \
			"$cgroup" build/guest/handback $arm $mib press)"
		rmdir "$cgroup"
		cgroup=
	done
done
mv $table.new $table

awk -f "$here/bench/tables.awk" -f "$here/bench/summary.awk" $work/*.tsv > $work/summary.txt
cp $work/qemu.tsv $work/handback.tsv $published/
{
	echo ".. SPDX-License-Identifier: GPL-2.0"
	echo
	echo "======================="
	echo "QEMU's side, in figures"
	echo "======================="
	echo
	echo "Made by \`\`make bench-qemu\`\`; the runs themselves are in qemu.tsv and"
	echo "handback.tsv. Medians, with the smallest and the largest. What the columns are"
	echo "is said in tools/testing/selftests/page_hinting/vm/qemu-bench.sh."
	echo "::"
	echo
	sed 's/^./    &/' $work/summary.txt
} > $published/qemu-figures.rst
echo "published in $published/qemu-figures.rst"
