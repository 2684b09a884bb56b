#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# As guest.sh, and fails if the kernel complained about anything; with 75, "try
# again", if that was the emulator's stale breakpoint, see vmrun.c.
#
# usage: clean-guest.sh CONSOLE ARGUMENTS OF guest.sh
console=$1
shift
"$(dirname "$0")"/guest.sh -c "$console" "$@"
status=$?
[ $status != 75 ] || exit 75
if grep -E 'BUG[: ]|WARNING:|KASAN|possible (circular|recursive|irq|deadlock)|INFO: (task|rcu|trying)|lockup|Call Trace|Oops|panic - not' \
	"$console"; then
	echo "the kernel complained: see $console"
	exit 1
fi
[ $status = 0 ] || { tail -n 30 "$console"; echo "exit status $status"; }
exit $status
