# SPDX-License-Identifier: GPL-2.0
# Invariant 3, nothing missed: the free memory of every zone is hinted, DMA,
# DMA32, Normal and Movable, on one node, two and four, and on nodes that have
# no CPU.
set -eu

# usage: zones ZONES APPEND MIB OPTION OF QEMU...
zones()
{
	expected=$1 append=$2 mib=$3
	shift 3
	MEM=$mib SMP=2,sockets=2 APPEND="panic_on_warn=1 $append" DEVICES="$*" \
		clean-guest.sh "$out/zones.console" -s "$out/zones.tsv" -t 300 -- zones.sh
	freed=$(awk -F '\t' '/@free/ { split($3, said, " "); print said[2] }' "$out/zones.tsv")
	awk -v mib="$freed" -f "$vm/curve.awk" "$out/zones.tsv" > "$out/zones.curve"
	tr -d '\r' < "$out/zones.console" | awk -v expected="$expected" '
	NR == FNR { freed = $1; back = $2; next }
	$1 == "@zone" {
		zones = zones $2 ":" $3 " "
		printf "%s:%s %d of %d pages; ", $2, $3, $4, $5
		bad = bad || !$5 || $4 < $5 * 0.95
	}
	END {
		printf "%d of %d MiB back\n", back, freed
		if (zones != expected " ")
			print "zones " zones "are not " expected
		if (bad || zones != expected " " || !freed)
			exit 1
		exit back < freed * 0.95 ? 75 : 0
	}' "$out/zones.curve" -
}

# usage: node NUMBER MIB [CPUS]
node()
{
	echo "-object memory-backend-ram,id=m$1,size=$2M" \
		"-numa node,nodeid=$1,memdev=m$1${3:+,cpus=$3}"
}

# A machine that has most of its memory above what 32 bits address.
high='-machine pc,max-ram-below-4g=256M'
zones '0:DMA 0:DMA32 0:Normal 0:Movable' 'movablecore=256M' 768 "$high"
zones '0:DMA 0:DMA32 0:Normal 1:Normal' '' 768 "$high" \
	"$(node 0 512 0)" "$(node 1 256 1)"
# More below that, for the debug kernel leaves no block free in 128 MiB.
high='-machine pc,max-ram-below-4g=384M'
zones '0:DMA 0:DMA32 1:DMA32 2:Normal 3:Normal' '' 1024 "$high" \
	"$(node 0 256 0)" "$(node 1 128 1)" "$(node 2 256)" "$(node 3 384)"
