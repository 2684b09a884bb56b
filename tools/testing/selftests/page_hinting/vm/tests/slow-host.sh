# SPDX-License-Identifier: GPL-2.0
# Invariant 5, no false OOM: QEMU's main loop, which answers for the balloon,
# stands still for two seconds at a time, while the guest's CPUs run and fill
# memory nearly to the last page. Nobody is killed, nothing hangs, and the
# memory comes back.
set -eu

pidfile=$out/slow-host.pid
rm -f "$pidfile"
build/guest/slow "$pidfile" 2000 100 &
slow=$!
trap 'kill $slow; wait $slow || true; rm -f "$pidfile"' EXIT

SMP=2 MEM=1024 KERNEL=build/linux-6.12-debug/vmlinux APPEND=panic_on_warn=1 \
	DEVICES="-pidfile $pidfile" \
	clean-guest.sh "$out/slow-host.console" -s "$out/slow-host.tsv" -t 600 -- \
	slow-host.sh "${SLOW_S:-15}"
awk -v mib=256 -f "$vm/curve.awk" "$out/slow-host.tsv" > "$out/slow-host.curve"
tr -d '\r' < "$out/slow-host.console" | awk '
	NR == FNR { freed = $1; back = $2; next }
	$1 == "@brim" { orders++; kills += $4; kib = $3 }
	$1 == "@late" { late = $2; looks = $4 }
	END {
		printf "%d KiB, %d killed; in flight %d of %d times; %d of %d MiB back\n",
		       kib, kills, late, looks, back, freed
		exit !(orders == 2 && kills == 0 && late >= 20 &&
		       back >= freed * 0.95)
	}' "$out/slow-host.curve" -
