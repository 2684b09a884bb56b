#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: all that can be done to hinting and to memory, at random and at
# once, for some seconds, while other memory is kept and looked at. Ends with
# the counters, which have to add up, and with 256 MiB freed for the host to see.
#
# usage: soak.sh SECONDS SEED
#
# Prints "@soak SECONDS ACTION" now and then, and at last "@did ACTION TIMES",
# which are those that succeeded, for each action at least one if it was long.

# shellcheck source=common.sh
. common.sh

seconds=$1
seed=$2
driver=/sys/bus/virtio/drivers/virtio_balloon
device=$(basename "$(ls -d $driver/virtio*)")
controls=/sys/kernel/mm/page_hinting
pool=/proc/sys/vm/nr_hugepages
cpus=/sys/devices/system/cpu
cma=$(ls -d /sys/kernel/debug/cma/*/ | head -n 1)
movable=$(grep -l Movable /sys/devices/system/memory/memory*/valid_zones |
	sed 's,/valid_zones,,')
actions="order age learning switch pages bind suspend cpu pool contiguous
	offline compact hold exit atomic cold flush interrupted riddle"

uptime()
{
	cut -d . -f 1 /proc/uptime
}

# usage: choose WORD...	the word is in $chosen
choose()
{
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	shift $(((seed >> 8) % $#))
	chosen=$1
}

act()
{
	case $1 in
	order) choose 10 9 8 7 5 4; echo "$chosen" > $controls/min_order ;;
	age) choose 0 1 20 100 1000; echo "$chosen" > $controls/age_ms ;;
	learning) choose 0 2000 10000; echo "$chosen" > $controls/age_max_ms ;;
	switch)
		echo 0 > $controls/enabled
		choose 0 0.1 1; sleep "$chosen"
		echo 1 > $controls/enabled
		;;
	pages)
		choose always never madvise
		echo "$chosen" > /sys/kernel/mm/transparent_hugepage/enabled
		;;
	bind)
		echo "$device" > $driver/unbind
		choose 0 0.1 1; sleep "$chosen"
		echo "$device" > $driver/bind
		;;
	suspend)
		echo devices > /sys/power/pm_test
		# To memory virtio-mem's driver refuses while it has some plugged.
		choose mem freeze; echo "$chosen" > /sys/power/state
		;;
	cpu)
		choose 1 2 3; cpu=$chosen
		choose 0 1; echo "$chosen" > $cpus/cpu"$cpu"/online
		;;
	pool) choose 0 10 50 100; echo "$chosen" > $pool ;;
	contiguous)
		choose 16 512 4096 8192
		echo "$chosen" > "$cma"alloc && echo "$chosen" > "$cma"free
		;;
	offline)
		# shellcheck disable=SC2086
		choose $movable
		echo offline > "$chosen"/state && echo online_movable > "$chosen"/state
		;;
	compact)
		echo 1 > /proc/sys/vm/compact_memory
		echo 3 > /proc/sys/vm/drop_caches
		;;
	hold) choose 32 64 128; hold "$chosen" munmap 10 10 ;;
	exit) choose 32 64 128; hold "$chosen" exit 10 10 ;;
	atomic) atomic 2048 1 ;;
	cold) choose 4 6 9; echo "$chosen" > $controls/cold_order ;;
	flush) choose 1 2; echo "$chosen" > $controls/flush ;;
	interrupted)
		writers=
		for how in 1 2 1; do
			echo $how > $controls/flush &
			writers="$writers $!"
		done
		choose 0 0.01 0.1; sleep "$chosen"
		# shellcheck disable=SC2086
		kill $writers
		# shellcheck disable=SC2086
		wait $writers || true
		;;
	riddle) choose 64 256 1024; riddle 64 "$chosen" 300 ;;
	esac > /dev/null 2>&1 || return
	eval "did_$1=\$((did_$1 + 1))"
}

for action in $actions; do
	eval "did_$action=0"
done
# Some complaints have their stacks at that level only.
echo 7 > /proc/sys/kernel/printk
before=$(total)
page_fault1 -t 2 -s "$seconds" -m 48 > /dev/null &
page_fault1 -p 2 -s "$seconds" -m 48 > /dev/null &
page_fault1 -t 1 -s "$seconds" -m 32 -h always > /dev/null &
(while :; do /bin/busybox true; done) &
forker=$!
(while :; do dd if=/dev/zero of=/tmp/file bs=1M count=48 2>/dev/null; rm /tmp/file; done) &
writer=$!

keep 64 1000000 &
keeper=$!
say "soak 0 begins, seed $seed"
begin=$(uptime)
told=0
while :; do
	now=$(($(uptime) - begin))
	[ $now -lt "$seconds" ] || break
	never=
	for action in $actions; do
		eval "[ \$did_$action != 0 ]" || never="$never $action"
	done
	# What has not succeeded yet has three chances.
	# shellcheck disable=SC2086
	choose $actions $never $never
	action=$chosen
	if [ $now -ge $((told + 30)) ]; then
		say "soak $now $action: $(cat $controls/hinted) hinted"
		told=$now
	fi
	kill -0 $keeper || exit 1
	act "$action"
	choose 0 0.1 0.5
	sleep "$chosen"
done
kill $forker $writer
killall -q page_fault1
kill $keeper
wait $keeper || exit 1
wait
say "soak $seconds over"

for cpu in 1 2 3; do
	[ "$(cat $cpus/cpu$cpu/online)" = 1 ] || echo 1 > $cpus/cpu$cpu/online
done
echo 0 > $pool
echo 20 > $controls/age_ms
echo 0 > $controls/age_max_ms
echo 9 > $controls/min_order
echo 4 > $controls/cold_order
# What the host still unplugs would count as given back.
for i in $(seq 100); do
	[ "$(total)" -gt "$before" ] || break
	sleep 1
done
settled.sh || exit 1
# What is free is in pieces by now.
echo 4 > $controls/min_order
settled.sh || exit 1
for action in $actions; do
	eval "say did $action \$did_$action"
	# Chance has it that a short soak leaves some out.
	[ "$seconds" -lt 1200 ] || eval "[ \$did_$action != 0 ]" || exit 1
done
# What holds memory takes the pieces first, and those below min_order stay with the
# host once they are used: so there should be few.
echo 1 > /proc/sys/vm/compact_memory
settled.sh || exit 1
hold 256 munmap 500 5000
