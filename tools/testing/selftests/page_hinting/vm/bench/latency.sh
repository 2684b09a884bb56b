# SPDX-License-Identifier: GPL-2.0
# In a guest of 5 GiB a thread does a fixed piece of work every 100 us: the
# longest it took from being due, in milliseconds, in a quiet second, and
# while another process frees 4 GiB and the host gets them.
columns quiet-ms freeing-ms
for run in $(runs 5 1); do
	for arm in none hinting reporting; do
		SMP=2 MEM=5120 boot $arm "latency-$arm-$run" stall 4096 \
			"$([ $arm = reporting ] && echo 20000 || echo 6000)"
		row 4096 $arm "$run" "$(tr -d '\r' < "$said" |
			awk '/^@stall/ { printf "%s\t%s", $2, $3 }')"
	done
done
