# SPDX-License-Identifier: GPL-2.0
# The stress, the kselftests and the driver's life cycle on PREEMPT_RT with
# lockdep: not one splat.
set -eu

seconds=${STRESS_S:-180}
export KERNEL=build/linux-6.12-rt/vmlinux APPEND=panic_on_warn=1
SMP=4 MEM=1536 clean-guest.sh "$out/rt.console" -t $((seconds * 2 + 240)) -- \
	stress.sh "$seconds"
MEM=1024 clean-guest.sh "$out/rt.console" -t 400 -- life-cycle.sh 10
clean-guest.sh "$out/rt.console" -t 400 -- page_hinting_test
tr -d '\r' < "$out/rt.console" | grep '^# Totals'
