#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: memory blocks are taken off line while a host of ours has free
# memory of theirs. It answers after 2 s, and going off line waits for that;
# or not before it is unloaded, and going off line is refused in time, while a
# block of which the host has nothing goes. When the host is gone all go.
#
# usage: offline.sh SECONDS	(that going off line may take)
#
# Prints "@offline CASE STATUS MILLISECONDS", the status -1 if it took longer.

# shellcheck source=common.sh
. common.sh

driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting
host=/sys/module/slow_host/parameters
blocks=/sys/devices/system/memory
limit=$1
block_pages=$((0x$(cat $blocks/block_size_bytes) / 4096))

fail()
{
	echo "offline: $1"
	exit 1
}

# The movable memory blocks, without those that have holes: the firmware's tables
# are at the end of the last, so that it can't go off line at all.
movable()
{
	for file in $(grep -lw Movable $blocks/memory*/valid_zones); do
		number=${file#"$blocks"/memory}
		number=${number%%/*}
		first=$((number * block_pages * 4096))
		last=$((first + block_pages * 4096 - 1))
		sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM$/\1 \2/p' /proc/iomem |
			while read -r begin end; do
				[ $((0x$begin)) -gt $first ] || [ $((0x$end)) -lt $last ] ||
					echo "$number"
			done
	done
}

# Those of which the host has something; of its ranges that cross a border, all.
held()
{
	has=$(awk -v pages="$block_pages" '
		{
			for (block = int($1 / pages);
			     block * pages < $1 + $2; block++)
				print block
		}' $host/held | sort -nu)
	movable | sort -n | while read -r number; do
		! echo "$has" | grep -qx "$number" || echo "$number"
	done
}

# The host gets free movable memory to keep for so many milliseconds.
hand_over()
{
	echo "$1" > $host/delay_ms
	for i in $(seq 10); do
		hold 96 munmap 100 300 > /dev/null
		[ -z "$(held)" ] || return 0
	done
	fail "the host has got nothing"
}

# It answers what comes, and has nothing.
relieved()
{
	for i in $(seq 100); do
		[ "$(cat $controls/bytes_in_flight)$(cat $controls/waiting)$(cat $controls/bytes_missed)" != 000 ] ||
			return 0
		sleep 0.1
	done
	fail "the host does not answer"
}

# usage: try CASE BLOCK
try()
{
	file=$blocks/memory$2/state
	rm -f /tmp/status
	began=$(milliseconds)
	(
		echo offline > "$file"
		echo $? > /tmp/status
	) 2> /tmp/error &
	writer=$!
	while ! [ -s /tmp/status ] &&
	      [ $(($(milliseconds) - began)) -lt $((limit * 1000)) ]; do
		sleep 0.05
	done
	took=$(($(milliseconds) - began))
	if [ -s /tmp/status ]; then
		status=$(cat /tmp/status)
	else
		# A signal is all that ends it.
		kill -9 $writer
		status=-1
	fi
	wait $writer
	say "offline $1 $status $took $(cat /tmp/error)"
	[ "$(cat "$file")" != offline ] || echo online_movable > "$file"
}

echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
echo "$device" > $driver/unbind
insmod /lib/slow_host.ko delay_ms=0 || exit 1
relieved

hand_over 2000
block=$(held | tail -n 1)
try late "$block"
echo 0 > $host/delay_ms
relieved

# An hour is never.
hand_over 3600000
block=$(held | tail -n 1)
mine=$(held)
for other in $(movable); do
	echo "$mine" | grep -qx "$other" || break
	other=
done
[ -n "$other" ] || fail "the host has something of each block"
try dead "$block"
# As soon as it is known to be dead.
try dead-again "$block"
try other "$other"

rmmod slow_host || exit 1
try gone "$block"
echo "$device" > $driver/bind
settled.sh
