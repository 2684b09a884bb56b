# SPDX-License-Identifier: GPL-2.0
# What it costs does not depend on the guest's size: guests of 1 and of
# 8 GiB hand back all that was free at boot (invariant 3), and look at as many
# free blocks for each GiB. In tests-long guests of up to 256 GiB, and their time.
set -eu

results=$out/scale.results
: > "$results"

# usage: scale MIB OPTION OF QEMU...
scale()
{
	mib=$1
	shift
	MEM=$mib SMP=1 KERNEL=${kernel:-build/linux-6.12}/vmlinux \
		DEVICES="$* -trace ram_block_discard_range" \
		clean-guest.sh "$out/scale.console" -s "$out/scale.tsv" \
		-t "${limit:-200}" -- scale.sh
	{
		tr -d '\r' < "$out/scale.console" | grep -E '^@(scale|off)'
		awk -F '\t' '
			$3 ~ /^@again/ { before = $4 }
			$3 ~ /^@scale/ { print "@discarded", ($4 - before) / 1024 }
		' "$out/scale.tsv"
	} | sed "s/^/$mib /" >> "$results"
}

# usage: node NUMBER MIB	described, but neither there nor reckoned with
node()
{
	echo "-object memory-backend-ram,id=m$1,size=$2M,reserve=off" \
		"-numa node,nodeid=$1,memdev=m$1"
}

if [ -z "${long:-}" ]; then
	scale 1024
	scale 8192
else
	icount='-icount shift=0,sleep=off'
	scale 1024 "$icount" "$(node 0 1024)"
	scale 16384 "$icount" "$(node 0 16384)"
	scale 262144 "$icount" "$(for n in 0 1 2 3 4 5 6 7; do node $n 32768; done)"
fi

awk -v long="${long:-}" '
	# What differs from the first guest by more than a factor.
	function differs(value, first, most) {
		return value > first * most || value < first / most
	}
	!($1 in seen) { seen[$1] = ++n; mib[n] = $1 }
	$2 == "@scale" { hinted[n] = $3; free[n] = $4; looked[n] = $5; ns[n] = $6 }
	$2 == "@discarded" { discarded[n] = $3 }
	$2 == "@off" { sections[n] = $3; off[n] = $4; where[n] = $5; lost[n] = $6 }
	END {
		for (i = 1; i <= n; i++) {
			gib = hinted[i] / 1024
			if (!gib) {
				print mib[i] " MiB: nothing is hinted"
				exit 1
			}
			each[i] = looked[i] / gib
			time[i] = ns[i] / gib
			printf "%d MiB: %d MiB hinted, %d discarded, %d free; %d looked at a GiB",
			       mib[i], hinted[i], discarded[i], free[i], each[i]
			if (long)
				printf "; %d instructions a GiB; interrupts off %d at most, in %s, of %d times",
				       time[i], off[i], where[i], sections[i]
			print ""
			bad = bad || !free[i] || hinted[i] < free[i] * 0.97 ||
			      discarded[i] < free[i] * 0.97 ||
			      each[i] <= 0 || differs(each[i], each[1], 1.3)
			if (!long)
				continue
			# The longest is one hold of the lock, be the guest as large as
			# it may. In the small one fewer blocks than that may be in
			# flight at once (invariant 4).
			bad = bad || time[i] <= 0 || differs(time[i], time[1], 2) ||
			      !sections[i] || lost[i] || off[i] > 30000 ||
			      off[i] > off[2] * 1.3
		}
		exit bad || n != (long ? 3 : 2)
	}' "$results"
