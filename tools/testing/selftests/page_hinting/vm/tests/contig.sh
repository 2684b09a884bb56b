# SPDX-License-Identifier: GPL-2.0
# Who needs certain memory gets it as often as with hinting off: pools of huge
# pages, in fragmented memory, too, CMA, memory blocks taken off line; and what
# they free is hinted (invariant 3).
set -eu

# usage: contig KERNEL MIB ROUNDS
contig()
{
	modules.sh build/source/linux-6.12 "$1"
	MEM=$2 SMP=2 KERNEL=$1/vmlinux INITRD=$1/modules/initramfs.gz \
		APPEND="panic_on_warn=1 cma=64M movablecore=$(($2 * 2 / 5))M" \
		DEVICES='-cpu qemu64,+pdpe1gb' \
		clean-guest.sh "$out/contig.console" -s "$out/contig.tsv" -t "${limit:-1200}" -- \
		contig.sh "$3"
	freed=$(awk -F '\t' '/@free/ { split($3, said, " "); print said[2] }' "$out/contig.tsv")
	awk -v mib="$freed" -f "$vm/curve.awk" "$out/contig.tsv" > "$out/contig.curve"
	tr -d '\r' < "$out/contig.console" | awk '
	NR == FNR { freed = $1; back = $2; next }
	$1 == "@got" {
		got[$2, $3] += $4
		wanted[$2, $3] += $6
		what[$2]
	}
	$1 == "@single" { single[$2] += $3 }
	END {
		for (w in what) {
			# With nobody who recalls what is in flight CMA gets
			# four fifths of what it wants.
			most = (w == "cma" ? 0.05 : 0.02) * wanted[w, 0]
			printf "%s: off %d, on %d, of %d; ", w, got[w, 0],
			       got[w, 1], wanted[w, 0]
			bad = bad || !got[w, 0] || wanted[w, 1] != wanted[w, 0] ||
			      got[w, 1] < got[w, 0] - most
		}
		printf "CMA again for a single page: off %d, on %d; %d of %d MiB back\n",
		       single[0], single[1], back, freed
		if (!freed || bad)
			exit 1
		# A busy host takes its time. The smallest that could be missed
		# every time, the CMA, is nearly a tenth.
		exit back < freed * 0.95 ? 75 : 0
	}' "$out/contig.curve" -
}

if [ -z "${long:-}" ]; then
	contig build/linux-6.12 1024 1
else
	contig build/linux-6.12-debug 2048 3
	contig build/linux-6.12 5120 3
fi
