# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, with guests of 1, 16 and, in 8 nodes,
# 256 GiB, whose memory is described and not touched; in instructions, by QEMU's
# icount: CPU time for each GiB within a factor of 2, and interrupts off for
# 30,000 at most, in the largest as in that of 16 GiB. And a pass that finds nothing
# to do costs the same with 2 and with 64 possible CPUs.
set -eu

long=1
limit=900
kernel=build/linux-6.12-scale
export ACCEL=tcg,thread=single
. "$vm/tests/scale.sh"

# usage: idle_pass CPUS
idle_pass()
{
	SMP=$1 MEM=1024 KERNEL=$kernel/vmlinux \
		DEVICES='-icount shift=0,sleep=off' \
		clean-guest.sh "$out/scale.console" -t 300 -- idle-pass.sh
	tr -d '\r' < "$out/scale.console" | grep '^@pass' >> "$out/scale.passes"
}

rm -f "$out/scale.passes"
idle_pass 2
# All of them on line, where the kernel does not believe in CPUs to come.
idle_pass 64
awk '
	{ cpus[NR] = $2; passes[NR] = $3; ns[NR] = $4 }
	END {
		printf "idle pass: %d instructions with %d possible CPUs, %d with %d\n",
		       ns[1], cpus[1], ns[2], cpus[2]
		exit !(NR == 2 && cpus[1] == 2 && cpus[2] == 64 && passes[1] &&
		       passes[2] && ns[2] <= ns[1] * 1.1)
	}' "$out/scale.passes"
