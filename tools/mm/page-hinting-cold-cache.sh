#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lets the kernel drop page cache that nobody used for a while, so that free page
# hinting gives it back to the host: DAMON looks for it, see
# Documentation/admin-guide/mm/damon/usage.rst. What anonymous memory holds stays.
#
# usage: page-hinting-cold-cache.sh start [SECONDS] | stop | status
#
# What was not used for SECONDS (60) is gone; what is used again within a third of
# that always stays. After memory was plugged it has to be started anew. "status" waits
# for the next look, up to that third.
set -eu

die()
{
	echo "page-hinting-cold-cache.sh: $*" >&2
	exit 1
}

usage()
{
	echo "usage: page-hinting-cold-cache.sh start [SECONDS] | stop | status" >&2
	exit 2
}

admin=/sys/kernel/mm/damon/admin/kdamonds
kdamond=$admin/0
context=$kdamond/contexts/0
scheme=$context/schemes/0

in_use()
{
	[ "$(cat $admin/nr_kdamonds)" != 0 ]
}

start()
{
	case $1 in
	'' | 0* | *[!0-9]* | ?????*) usage ;;
	esac
	[ "$1" -ge 3 ] || die "not less than 3 seconds"
	! in_use || die "DAMON is in use already; \"stop\" if it was this"
	# It would not see what is read by read(2).
	case $(cat /sys/kernel/mm/lru_gen/enabled 2>/dev/null) in
	'' | 0x0000) ;;
	*) die "the multi-generational LRU is on: echo 0 > /sys/kernel/mm/lru_gen/enabled" ;;
	esac
	trap 'switch_off; die "failed, and is off again"' EXIT
	trap 'exit 1' INT TERM HUP
	third=$(($1 * 1000000 / 3))

	echo 1 > $admin/nr_kdamonds
	echo 1 > $kdamond/contexts/nr_contexts
	echo paddr > $context/operations
	# One look at a page of each region, each third.
	echo $third > $context/monitoring_attrs/intervals/aggr_us
	echo $third > $context/monitoring_attrs/intervals/sample_us
	echo $third > $context/monitoring_attrs/intervals/update_us

	echo 1 > $context/targets/nr_targets
	regions=$context/targets/0/regions
	ram=$(sed -n 's/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM.*/\1 \2/p' /proc/iomem)
	echo "$ram" | awk 'END { print NR }' > $regions/nr_regions
	nr=0
	echo "$ram" | while read -r first last; do
		echo $((0x$first)) > $regions/$nr/start
		echo $((0x$last + 1)) > $regions/$nr/end
		nr=$((nr + 1))
	done

	# Where that page was not used each page is looked at, and goes if it was not
	# used since the last time; for a twentieth of the time at most.
	echo 1 > $context/schemes/nr_schemes
	echo pageout > $scheme/action
	echo 4096 > $scheme/access_pattern/sz/min
	echo 18446744073709551615 > $scheme/access_pattern/sz/max
	echo 0 > $scheme/access_pattern/nr_accesses/max
	echo 4294967295 > $scheme/access_pattern/age/max
	echo $((third / 20000)) > $scheme/quotas/ms
	echo $((third / 1000)) > $scheme/quotas/reset_interval_ms
	echo 1 > $scheme/filters/nr_filters
	echo anon > $scheme/filters/0/type
	echo Y > $scheme/filters/0/matching
	echo on > $kdamond/state
	trap - EXIT
}

switch_off()
{
	in_use || return 0
	[ "$(cat $kdamond/state)" = off ] || echo off > $kdamond/state
	# A "status" that waits keeps it busy for another moment.
	for _ in 1 2 3 4 5 6 7 8 9; do
		! echo 0 2> /dev/null > $admin/nr_kdamonds || return 0
		sleep 0.2
	done
	echo 0 > $admin/nr_kdamonds
}

stop()
{
	in_use || return 0
	[ "$(cat $scheme/action 2> /dev/null)" = pageout ] ||
		die "DAMON is in use by something else"
	switch_off
}

status()
{
	if ! in_use || [ "$(cat $kdamond/state)" = off ]; then
		echo off
		return
	fi
	echo update_schemes_stats > $kdamond/state
	echo "on: $(($(cat $scheme/stats/sz_applied) >> 20)) MiB dropped so far"
}

[ -d $admin ] || die "needs a kernel with CONFIG_DAMON_PADDR and CONFIG_DAMON_SYSFS"
[ -w $admin/nr_kdamonds ] || die "needs root"
case ${1:-} in
start) start "${2:-60}" ;;
stop) stop ;;
status) status ;;
*) usage ;;
esac
