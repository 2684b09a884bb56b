# SPDX-License-Identifier: GPL-2.0
# Each allocation on the way from the balloon's probe to registered hinting
# fails in turn, on the debug kernel: the balloon is bound without hints, or not
# at all, and the next time all works.
set -eu

KERNEL=build/linux-6.12-debug/vmlinux APPEND=panic_on_warn=1 MEM=512 \
	clean-guest.sh "$out/no-memory.console" -t 300 -- no-memory.sh
tr -d '\r' < "$out/no-memory.console" | awk '
	$1 == "@refused" { refused = $2 }
	$1 == "@no-hinting" { without = $2 }
	$1 == "@whole" { whole = $2 }
	END {
		printf "%d times no balloon, %d times one without hints; then whole\n",
		       refused, without
		# Of the allocations for hinting one has nothing to fall back on.
		exit !(refused >= 3 && without >= 1 && whole == 1)
	}'
