# SPDX-License-Identifier: GPL-2.0
# Everything at once on the debug kernel with 4 CPUs. Not one splat.
set -eu

seconds=${STRESS_S:-180}
SMP=4 MEM=1536 KERNEL=build/linux-6.12-debug/vmlinux APPEND='panic_on_warn=1' \
	clean-guest.sh "$out/stress.console" -t $((seconds * 2 + 240)) -- \
	stress.sh "$seconds"
tr -d '\r' < "$out/stress.console" | grep -E 'page_fault1:|page_hinting/'
echo "$seconds s, no splat"
