# SPDX-License-Identifier: GPL-2.0
# Invariants 4 and 5, bounded and no false OOM: memory filled to the last page
# while others free it and hinting runs at age 0, by QEMU, with memory compacted and
# flushed meanwhile, and by a slow host.
# On average as much can be had as with hinting off, less 1 % at the most; nobody
# else is killed, and with QEMU not one atomic allocation fails that does not fail with
# hinting off.
#
# alone: it compares how much memory there is
set -eu

modules.sh build/source/linux-6.12 build/linux-6.12

# usage: pressure MiB CPUS ROUNDS SECONDS
pressure()
{
	MEM=$1 SMP=$2 INITRD=build/linux-6.12/modules/initramfs.gz \
		guest.sh -c "$out/pressure.console" -t 900 -- \
		"pressure.sh $3 $4" || { tail -n 30 "$out/pressure.console"; exit 1; }
	tr -d '\r' < "$out/pressure.console" | awk -v guest="$1 MiB, $2 CPUs" '
	$1 == "@brim" {
		arm = $2 " " $3
		most[arm] += $4
		kills[arm] += $5
		rounds[arm]++
	}
	$1 == "@atomic" {
		arm = $2 " " $3
		bursts[arm] = $4
		failures[arm] = $5
		killed[arm] = $6
	}
	$1 == "@hinted" { hinted = $2 }
	END {
		off = "off 0"
		n = split("off 0:qemu 9:qemu 4:flush 9:slow 9:slow 4", arms, ":")
		for (i = 1; i <= n; i++)
			if (rounds[arms[i]])
				most[arms[i]] /= rounds[arms[i]]
		printf "%s: %d KiB", guest, most[off]
		for (i = 1; i <= n; i++) {
			arm = arms[i]
			printf "; %s %+.2f %%, %d killed of %d, then %d, %d bursts %d failures",
			       arm, most[off] ? (most[arm] / most[off] - 1) * 100 : 0,
			       kills[arm], rounds[arm], killed[arm],
			       bursts[arm], failures[arm]
			bad = bad || !most[arm] || most[arm] < most[off] * 0.99 ||
			      kills[arm] != rounds[arm] || killed[arm] != 0 ||
			      bursts[arm] < 1
			# A host may be so slow that half of what is free is away.
			if (arm !~ /slow/ && failures[arm] > failures[off])
				bad = 1
		}
		print "; " hinted + 0, "hinted"
		exit bad || !hinted
	}'
}

if [ -z "${guests:-}" ]; then
	pressure 64 1 2 3
	pressure 256 4 2 3
fi
for mib in ${guests:-}; do
	for cpus in 1 4; do
		pressure "$mib" $cpus 3 20
	done
done
