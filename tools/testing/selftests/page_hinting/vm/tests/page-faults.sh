# SPDX-License-Identifier: GPL-2.0
# Invariant 6, the hook does no more than it may: page_fault1 threads and
# processes on several CPUs, which earlier designs did not survive.
set -eu

SMP=4 clean-guest.sh "$out/page-faults.console" -t 200 -- \
	'cd /sys/kernel/mm/page_hinting;echo 0 >age_ms;echo 0 >age_max_ms;' \
	'page_fault1 -t 4 -s 10 && page_fault1 -p 4 -s 10 &&' \
	'page_fault1 -t 4 -s 10 -h always &&grep . /dev/null hinted'
grep page_fault1: "$out/page-faults.console"
tr -d '\r' < "$out/page-faults.console" |
	awk -F : '$1 == "hinted" { hinted = $2; print } END { exit !(hinted > 100) }'
