#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, which does nothing else any more: waits until nothing is left to
# be hinted and no pass has run for a second, two minutes at most. Then prints
# the counters, which have to add up; and no block may be nobody's.
controls=/sys/kernel/mm/page_hinting
counters=/sys/kernel/debug/page_hinting

value()
{
	cat $controls/"$1"
}

count()
{
	cat $counters/"$1"
}

fail()
{
	echo "settled: $1"
	exit 1
}

for i in $(seq 120); do
	passes=$(count passes)
	sleep 1
	[ "$(value bytes_missed)$(value waiting)$(value bytes_in_flight)" != 000 ] ||
		[ "$passes" != "$(count passes)" ] || break
done
grep . $controls/* $counters/*
[ "$(value bytes_missed)" = 0 ] || fail "something was missed"
[ "$(value waiting)" = 0 ] || fail "something waits"
[ "$(count captured)" = $(($(count isolated) + $(count stale))) ] ||
	fail "captured is not isolated + stale"
[ "$(count isolated)" = "$(count returned)" ] || fail "isolated is not returned"
lost=$(lost)
[ "$lost" = 0 ] || fail "$lost blocks are lost"
