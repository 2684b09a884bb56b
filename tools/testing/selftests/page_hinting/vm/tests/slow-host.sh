# SPDX-License-Identifier: GPL-2.0
# Invariant 5, no false OOM: memory is filled nearly to the last page while the
# host takes two seconds for each answer, and while QEMU is stopped and
# continued. Nobody is killed, nothing hangs, and the memory comes back.
set -eu

socket=$out/slow-host.qmp
console=$out/slow-host.console
rm -f "$console"
kernel=${kernel:-build/linux-6.12}
modules.sh build/source/linux-6.12 "$kernel"

(
	said() { grep -qs "^@$1" "$console"; }
	until said stop; do
		sleep 0.2
	done
	until said continue; do
		build/guest/qmp "$socket" '{"execute": "stop"}'
		sleep 0.3
		build/guest/qmp "$socket" '{"execute": "cont"}'
		sleep 0.2
	done
) > "$out/slow-host.said" 2>&1 &
operator=$!
guest=
trap 'kill $operator $guest 2>/dev/null || true; rm -f "$socket"' EXIT
trap 'exit 130' INT TERM HUP

SMP=2 MEM=1024 KERNEL=$kernel/vmlinux APPEND=panic_on_warn=1 \
	INITRD=$kernel/modules/initramfs.gz \
	DEVICES="-qmp unix:$socket,server=on,wait=off" \
	clean-guest.sh "$console" -1 -s "$out/slow-host.tsv" -t 900 -- \
	slow-host.sh 5 2000 &
guest=$!
wait $guest
guest=
stops=$(grep -c '"STOP"' "$out/slow-host.said" || true)
awk -v mib=256 -f "$vm/curve.awk" "$out/slow-host.tsv" > "$out/slow-host.curve"
tr -d '\r' < "$console" | awk -v stops="$stops" '
	NR == FNR { freed = $1; back = $2; next }
	$1 == "@brim" { fills++; kills += $5; kib = $4 }
	$1 == "@late" { late = $2; looks = $4 }
	END {
		printf "%d KiB, %d killed; in flight %d of %d times; stopped %d times; %d of %d MiB back\n",
		       kib, kills, late, looks, stops, back, freed
		if (fills != 4 || kills != 0)
			exit 1
		# How slow the host was seen to be, and what is whole by the end,
		# is a matter of how busy it is.
		exit late >= 5 && late * 4 >= looks && stops >= 5 &&
		     back >= freed * 0.9 ? 0 : 75
	}' "$out/slow-host.curve" -
