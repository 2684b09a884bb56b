#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: everything at once for some seconds. Page faults by threads
# and processes, fork and exit, huge pages on and off, while the order, the
# age and hinting itself are switched. Ends with the counters, which have to
# add up.
#
# usage: stress.sh SECONDS
seconds=${1:-180}
controls=/sys/kernel/mm/page_hinting
thp=/sys/kernel/mm/transparent_hugepage/enabled

page_fault1 -t 2 -s "$seconds" -m 64 &
threads=$!
page_fault1 -p 2 -s "$seconds" -m 64 &
processes=$!
page_fault1 -t 2 -s "$seconds" -m 16 -h always &
huge=$!
(while :; do /bin/busybox true; done) &
forker=$!
(while :; do dd if=/dev/zero of=/tmp/file bs=1M count=48 2>/dev/null; rm /tmp/file; done) &
writer=$!

# No learning: that would only be kinder to us.
echo 0 > $controls/age_max_ms
end=$(($(cut -d. -f1 /proc/uptime) + seconds - 2))
while [ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do
	for order in 10 9 7 4; do
		echo $order > $controls/min_order
		for how in always never madvise; do
			echo $how > $thp
			for age in 0 20 100; do
				echo $age > $controls/age_ms
				sleep 0.3
			done
		done
		echo 0 > $controls/enabled
		sleep 0.2
		echo 1 > $controls/enabled
	done
done
for load in $threads $processes $huge; do
	wait $load || { echo "stress: page_fault1 ended with $?"; exit 1; }
done
kill $forker $writer
echo 9 > $controls/min_order
echo 20 > $controls/age_ms
settled.sh || exit 1
[ "$(cat $controls/hinted)" -gt 100 ] ||
	{ echo "stress: hardly anything was hinted"; exit 1; }
