# SPDX-License-Identifier: GPL-2.0
# The stress on the kernel with KCSAN: no data race that has one of our
# functions in one of its two stacks.
set -eu

console=$out/kcsan.console
seconds=${STRESS_S:-180}
SMP=4 MEM=1536 KERNEL=build/linux-6.12-kcsan/vmlinux \
	guest.sh -c "$console" -t $((seconds * 2 + 600)) -- \
	"stress.sh $seconds && cat /sys/kernel/debug/kcsan" ||
	{ tail -n 30 "$console"; exit 1; }
# It has to have watched, or the test shows nothing.
watched=$(tr -d '\r' < "$console" | sed -n 's/^setup_watchpoints: //p')
echo "${watched:-no} accesses watched"
[ "${watched:-0}" -gt 100000 ]
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
