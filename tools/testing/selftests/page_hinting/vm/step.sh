#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs a long command quietly: says what it is and how long it has taken, and
# shows the end of what it printed only if it fails.
#
# usage: step.sh NAME COMMAND [ARGUMENT...]
set -u

name=$1
shift
log=$(mktemp)
begin=$(date +%s)

"$@" > "$log" 2>&1 < /dev/null &
pid=$!
ticker=
stop()
{
	trap '' INT TERM HUP
	[ -z "$ticker" ] || kill "$ticker" 2>/dev/null
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	rm -f "$log"
	exit 130
}
trap stop INT TERM HUP

if [ -t 1 ]; then
	(while sleep 1; do
		printf '\r  %s ... %d s' "$name" $(($(date +%s) - begin))
	done) &
else
	(while sleep 30; do
		printf '  %s ... %d s\n' "$name" $(($(date +%s) - begin))
	done) &
fi
ticker=$!

wait "$pid"
status=$?
kill "$ticker" 2>/dev/null
wait "$ticker" 2>/dev/null
[ ! -t 1 ] || printf '\r'
took=$(($(date +%s) - begin))
if [ $status = 0 ]; then
	[ $took -lt 2 ] || printf '  %s: %d s        \n' "$name" $took
else
	printf '  %s: failed after %d s, status %d\n' "$name" $took $status
	tail -n 40 "$log"
fi
rm -f "$log"
exit $status
