# SPDX-License-Identifier: GPL-2.0
# A file server reads 60 % of its guest's memory again and again: the profile for
# cold cache must leave it alone. Both arms at the same time, of one CPU each, for three
# minutes, three times what the profile takes for cold. First in instructions, by
# QEMU's icount: the guest's time counts them. Then in the machine's time.
#
# MiB/s		that it reads
# RAM-MiB	resident of its RAM at the end

# usage: serve	by $accel and QEMU's $options
serve()
{
	profile=
	[ $arm = hinting ] || profile="page-hinting-cold-cache.sh start;"
	ACCEL=$accel QEMU_MORE="$options $(give_disk serve)" VMRUN_MORE=-r \
		start serve $mib "$profile serve.sh $((mib * 6 / 10)) $seconds"
}

# usage: pair VARIANT ARM ARM
pair()
{
	variant=$1
	shift
	side_by_side "$@" "two file servers for $seconds s, $variant, run $run" serve
	for arm; do
		values=$(awk -F '\t' '$3 ~ /^@served/ {
				split($3, said, " ")
				printf "%.1f %d", said[2] / 1.024 / said[3], $9 / 1024
			}' "$(guest_file serve samples)")
		# shellcheck disable=SC2086
		row "$variant" "$arm" "$run" $values
		rm "$(guest_file serve img)"
	done
}

mib=2048 seconds=180
[ -z "$quick" ] || mib=512 seconds=20
CAP=
export CAP
empty_disk
columns MiB/s RAM-MiB
run=0 accel=tcg,thread=single,tb-size=128 options='-icount shift=0,sleep=off'
pair '60 % counted' hinting hinting-profile
accel=$ACCEL options=
for run in $(runs 5 1); do
	# Which of them starts first may matter.
	arms="hinting hinting-profile"
	[ $((run % 2)) = 1 ] || arms="hinting-profile hinting"
	# shellcheck disable=SC2086
	pair '60 %' $arms
done
rm -f "$work"/*.img
