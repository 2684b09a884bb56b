#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, which does nothing else any more: waits until nothing is left to
# be hinted, but for pieces, nothing has left for a second, and the counters add up,
# two minutes at most. Then prints them; and no block may be nobody's, but for so many
# that seem so with hinting off.
#
# usage: settled.sh [BLOCKS]
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

# What is wrong with them, if anything. To look may free memory, too.
wrong()
{
	[ "$(value bytes_missed)" = 0 ] || { echo "something was missed"; return; }
	[ "$(value waiting)" = 0 ] || { echo "something waits"; return; }
	[ "$(count captured)" = $(($(count isolated) + $(count stale))) ] ||
		{ echo "captured is not isolated + stale"; return; }
	[ "$(count isolated)" = "$(count returned)" ] ||
		echo "isolated is not returned"
}

settle()
{
	why="it does not come to rest"
	for i in $(seq 120); do
		isolated=$(count isolated)
		sleep 1
		[ "$(value bytes_missed)$(value waiting)$(value bytes_in_flight)" = 000 ] &&
			[ "$isolated" = "$(count isolated)" ] || continue
		why=$(wrong)
		[ -n "$why" ] || break
	done
	[ -z "$why" ] || { grep -s . $controls/* $counters/*; echo "settled: $why"; exit 1; }
}

settle
lost=$(lost)
if [ "$lost" -gt "${1:-0}" ]; then
	# What is in a per-CPU page list looks lost, too: a huge page, or a block that
	# compaction has just emptied. Hinting anew drains them, and compaction has to
	# wait; what is nobody's stays so.
	compact=$(value compact)
	echo 0 > $controls/compact
	echo 0 > $controls/enabled
	echo 1 > $controls/enabled
	settle
	lost=$(lost)
	echo "$compact" > $controls/compact
fi
grep -s . $controls/* $counters/*
[ "$lost" -le "${1:-0}" ] || { echo "settled: $lost blocks are lost"; exit 1; }
