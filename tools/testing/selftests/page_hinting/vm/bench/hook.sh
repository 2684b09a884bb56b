# SPDX-License-Identifier: GPL-2.0
# What the hook adds to a block that is freed and allocated again, while it
# waits to be hinted: instructions by QEMU's icount, of the allocator and the hook
# together, and their difference in the rows "hook". Repeatable, so one run
# will do.
#
# The variant is the order of the blocks, and min_order.
# Beside it, as measured then, what the hook of the first edition added.
cp "$published/hook-before.tsv" "$work/"
columns free allocate both
modules.sh build/bench/source/linux-6.12 build/bench/linux-6.12
for run in $(runs 1 1); do
	for order in 9 4; do
		without=
		for arm in none hinting; do
			SMP=1 MEM=2048 ACCEL=tcg,thread=single \
			INITRD=build/bench/linux-6.12/modules/initramfs.gz \
			QEMU_MORE='-icount shift=0,sleep=off' \
			boot $arm "hook-$order-$arm-$run" "block-cycle.sh $order"
			# shellcheck disable=SC2046
			set -- $(tr -d '\r' < "$said" | grep '^@cycle')
			[ "$5" -ge 60 ] || { echo "hook: other blocks" >&2; exit 1; }
			row "$order" $arm "$run" "$3" "$4" $(($3 + $4))
			if [ $arm = none ]; then
				without="$3 $4"
			else
				row "$order" hook "$run" $(($3 - ${without% *})) \
					$(($4 - ${without#* })) \
					$(($3 + $4 - ${without% *} - ${without#* }))
			fi
		done
	done
done
