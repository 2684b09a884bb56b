#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: those who need certain free memory, not just any, in turn with
# hinting off and on at age 0, while other memory is freed and used: a pool of
# huge pages that grows, in fragmented memory too, CMA, memory blocks off and
# on line; and flushes that compact, one after another. With hinting off the kernel
# compacts as often: that has pages of a range, too, at times. The host is one of ours
# that takes 100 ms for an answer, so that much of the free memory is in flight. At last
# memory that all of them had is freed for the real host to see.
#
# Pages of 1 GiB come first, where there is room: once the rest has run, each GiB may
# have a page that can't be moved, with hinting off as well.
#
# usage: contig.sh ROUNDS
#
# Prints "@got WHAT ENABLED GOT of WANTED", and "@single ENABLED N": how often CMA
# was tried again because of a page that was none of ours.

# shellcheck source=common.sh
. common.sh

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting
pools=/sys/kernel/mm/hugepages
blocks=/sys/devices/system/memory
cma=$(ls -d /sys/kernel/debug/cma/*/ | head -n 1)
tracing=/sys/kernel/tracing

# usage: pool KIB NUMBER
pool()
{
	echo "$2" > $pools/hugepages-"$1"kB/nr_hugepages
	say "got $1-KiB-pages $enabled $(cat $pools/hugepages-"$1"kB/nr_hugepages) of $2"
	echo 0 > $pools/hugepages-"$1"kB/nr_hugepages
}

# Whether CMA failed for a single page, which somebody is just using or freeing.
# That happens with hinting off as often, the more the busier the machine is:
# whoever has it may be a CPU that does not run. What is in flight is whole
# blocks, and it is the first page of a block that is in the way.
single_page()
{
	page=$(sed -n 's/.* fin_pfn=\(0x[0-9a-f]*\) ret=fail.*/\1/p' $tracing/trace | tail -n 1)
	[ -n "$page" ] && [ $((page % 512)) != 0 ]
}

contiguous()
{
	got=0
	single=0
	pages=$(cat "$cma"count)
	# All of it at once: there is no other place to go to.
	for i in $(seq 64); do
		for attempt in 1 2 3 4; do
			echo > $tracing/trace
			if echo "$pages" > "$cma"alloc; then
				echo "$pages" > "$cma"free
				got=$((got + 1))
				break
			fi
			single_page || break
			single=$((single + 1))
		done
	done 2>/dev/null
	say "got cma $enabled $got of 64"
	say "single $enabled $single"
}

offline()
{
	got=0
	wanted=0
	for block in $movable; do
		wanted=$((wanted + 1))
		! echo offline > "$block"/state || got=$((got + 1))
	done 2>/dev/null
	for block in $movable; do
		[ "$(cat "$block"/state)" != offline ] ||
			echo online_movable > "$block"/state
	done
	say "got offline $enabled $got of $wanted"
}

# What is free is in pieces.
fragmented()
{
	riddle $((free / 3)) 256 100000 > /tmp/riddle &
	riddler=$!
	until grep -q free /tmp/riddle; do
		sleep 0.2
	done
	until has_freed $riddler; do
		sleep 0.2
	done
	pool 2048 $((free / 2 / 2))
	kill $riddler
	wait $riddler
}

the_rest()
{
	# Not in what the one before has left in pieces.
	echo 1 > /proc/sys/vm/compact_memory
	pool 2048 $((free * 4 / 5 / 2))
	contiguous
	offline
	fragmented
}

# usage: in_turn ROUNDS COMMAND...	with hinting off and on
in_turn()
{
	rounds=$1
	shift
	for round in $(seq "$rounds"); do
		for enabled in 0 1; do
			echo $enabled > $controls/enabled
			"$@"
		done
	done
}

echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
echo 9 > $controls/min_order
echo 1 > $tracing/events/page_isolation/test_pages_isolated/enable
# Before much of it is in flight.
free=$(awk '/MemFree/ { print int($2 / 1024) }' /proc/meminfo)
echo "$device" > $driver/unbind
insmod /lib/slow_host.ko delay_ms=100 || exit 1

# Of the movable zone, but not all of it at once.
movable=$(grep -l Movable $blocks/memory*/valid_zones | sed 's,/valid_zones,,' | head -n 3)

page_fault1 -t 2 -s 100000 -m 32 -h always > /dev/null &
load=$!
(while :; do dd if=/dev/zero of=/tmp/file bs=1M count=64 2>/dev/null; rm /tmp/file; done) &
writer=$!
(while :; do
	echo 2 > $controls/flush || echo 1 > /proc/sys/vm/compact_memory
	sleep 0.5
done) 2>/dev/null &
flusher=$!
[ "$free" -lt 2500 ] || in_turn $((8 * $1)) pool 1048576 1
in_turn "$1" the_rest
kill $load $writer $flusher
# By our signal, not before.
wait $load || [ $? = 143 ] || exit 1

rmmod slow_host || exit 1
echo "$device" > $driver/bind
# What is free is in pieces. What of it no hint can cover is backed when it is
# held, and again when it is free.
echo 4 > $controls/min_order
settled.sh || exit 1
hold "$(awk '/MemFree/ { print int($2 / 1024 * 0.8) }' /proc/meminfo)" munmap 500 8000
settled.sh
