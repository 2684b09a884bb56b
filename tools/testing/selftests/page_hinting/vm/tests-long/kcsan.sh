# SPDX-License-Identifier: GPL-2.0
# The stress on the kernel with KCSAN: no data race that has one of our
# functions in one of its two stacks.
set -eu

console=$out/kcsan.console
seconds=${STRESS_S:-180}
SMP=4 MEM=1536 KERNEL=build/linux-6.12-kcsan/vmlinux \
	guest.sh -c "$console" -t $((seconds * 2 + 600)) -- \
	"dmesg | grep kcsan: ; stress.sh $seconds" ||
	{ tail -n 30 "$console"; exit 1; }
# It has to have been on, or the test shows nothing.
grep -q 'kcsan: enabled early' "$console"
tr -d '\r' < "$console" | awk '
	/BUG: KCSAN/ { races++; text = ""; inside = 1 }
	inside { text = text $0 "\n" }
	inside && /^\[[^]]*\] =====/ {
		inside = 0
		if (text ~ /page_hinting/) {
			ours++
			printf "%s", text
		}
	}
	END {
		printf "%d data races in all, %d with a function of ours\n",
		       races, ours
		exit ours > 0
	}'
