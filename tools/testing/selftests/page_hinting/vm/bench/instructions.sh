# SPDX-License-Identifier: GPL-2.0
# page_fault1 on one virtual CPU under QEMU's icount, where the guest's time
# counts its instructions: instructions a fault. Rounds before the measured
# ones are for who learns. And churn without a pause: instructions a cycle, all of
# the guest's, those of passes, too. Repeatable, so one run will do.
#
# The variant is threads, huge pages; the arm hinting-4 has a min_order of 4.

# usage: counted ARM NAME COMMAND...
counted()
{
	SMP=1 MEM=2048 ACCEL=tcg,thread=single QEMU_MORE='-icount shift=0,sleep=off' \
		boot "$@"
}

columns instructions
for run in $(runs 1 1); do
	for threads in 1 2; do
		for pages in never always; do
			[ $threads = 1 ] || [ -z "$quick" ] || continue
			[ $pages = never ] && rounds=24 || rounds=120
			for arm in none hinting hinting-4; do
				set --
				if [ $arm = hinting-4 ]; then
					[ $threads = 1 ] || continue
					set -- "echo 4 > /sys/kernel/mm/page_hinting/min_order;"
				fi
				counted ${arm%-4} "instructions-$threads-$pages-$arm-$run" \
					"$@" "page_fault1 -t $threads -n 8 -h $pages;" \
					"page_fault1 -t $threads -n $rounds -h $pages"
				row "$threads $pages" $arm "$run" "$(tr -d '\r' < "$said" |
					awk '/page_fault1:/ { rate = $(NF - 2) }
					     END { printf "%.2f", 1e9 / rate }')"
			done
		done
	done
	for arm in none hinting; do
		counted $arm "instructions-churn-$arm-$run" churn 512 0 8 100
		row "churn 0" $arm "$run" "$(tr -d '\r' < "$said" |
			awk '/^@churned/ { printf "%d", $4 * 1e6 }')"
	done
done
