# SPDX-License-Identifier: GPL-2.0
# Invariant 1, conservation, over the device's life: unbound and bound,
# suspended and resumed, under load; then all memory is there and comes back.
set -eu

KERNEL=build/linux-6.12-debug/vmlinux APPEND='panic_on_warn=1' MEM=1024 \
	clean-guest.sh "$out/life-cycle.console" -s "$out/life-cycle.tsv" -t 900 -- \
	life-cycle.sh "${rounds:-10}"
back.sh 512 "$out/life-cycle.tsv"
