# SPDX-License-Identifier: GPL-2.0
# Invariants 4 and 5, bounded and no false OOM: memory filled to the last page
# while others free it and hinting runs at age 0. As much can be had as with
# hinting off, less 1 % at the most; nobody else is killed, and not one atomic
# allocation fails that does not fail with hinting off.
set -eu

# usage: pressure MiB CPUS ROUNDS SECONDS
pressure()
{
	MEM=$1 SMP=$2 guest.sh -c "$out/pressure.console" -t 500 -- \
		"pressure.sh $3 $4" || { tail -n 30 "$out/pressure.console"; exit 1; }
	tr -d '\r' < "$out/pressure.console" | awk -v guest="$1 MiB, $2 CPUs" '
	$1 == "@brim" {
		if ($3 > most[$2])
			most[$2] = $3
		kills[$2] += $4
		rounds[$2]++
	}
	$1 == "@atomic" { bursts[$2] = $3; failures[$2] = $4; killed[$2] = $5 }
	$1 == "hinted:" { hinted = $2 }
	END {
		bad = !most[0] || !hinted || kills[0] != rounds[0] || killed[0] != 0
		printf "%s: %d KiB with hinting off", guest, most[0]
		for (order = 10; order >= 4; order -= 6) {
			printf "; order %d %+.2f %%, %d killed of %d, %d bursts %d failures (off %d)",
			       order, (most[order] / most[0] - 1) * 100,
			       kills[order], rounds[order], bursts[order],
			       failures[order], failures[0]
			bad = bad || most[order] < most[0] * 0.99 ||
			      kills[order] != rounds[order] || killed[order] != 0 ||
			      bursts[order] < 1 || failures[order] > failures[0]
		}
		print "; " hinted, "hinted"
		exit bad
	}'
}

if [ -z "${guests:-}" ]; then
	pressure 64 1 2 4
	pressure 256 4 2 4
fi
for mib in ${guests:-}; do
	for cpus in 1 4; do
		pressure "$mib" $cpus 3 20
	done
done
