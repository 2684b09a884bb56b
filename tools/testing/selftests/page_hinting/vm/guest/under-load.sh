#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: page faults, and memory that is kept and looked at, with hinting
# at full speed, until the host has inflated the balloon by 192 MiB. Meanwhile
# the host does to the guest what it likes. Ends with settled.sh.
#
# Prints "@loaded" when all that has begun.
set -e

controls=/sys/kernel/mm/page_hinting

inflated()
{
	awk '$1 == "balloon_inflate" { n += $2 } $1 == "balloon_deflate" { n -= $2 }
	     END { print n + 0 }' /proc/vmstat
}

echo 0 > $controls/age_ms
echo 0 > $controls/age_max_ms
echo 9 > $controls/min_order
page_fault1 -t 2 -s 100000 -m 32 &
faults=$!
keep 96 100000 &
keeper=$!
sleep 1
echo
: > /tmp/loaded
echo @loaded
while [ "$(inflated)" -lt $((192 * 256)) ]; do
	kill -0 $keeper
	kill -0 $faults
	sleep 0.2
done
echo @ballooned

# Whatever was done to it, hinting goes on.
before=$(cat $controls/hinted)
for i in $(seq 300); do
	[ "$(cat $controls/hinted)" = "$before" ] || break
	sleep 0.2
done
[ "$(cat $controls/hinted)" -gt "$before" ] ||
	{ echo "nothing is hinted any more"; exit 1; }

kill $keeper
wait $keeper
kill $faults
wait $faults || [ $? = 143 ]

settled.sh
[ "$(cat $controls/hinted)" -gt 100 ]
