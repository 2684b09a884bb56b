# SPDX-License-Identifier: GPL-2.0
# A file server reads 60 % of its guest's memory again and again: the profile for
# cold cache must leave it alone. Both arms at the same time, of one CPU each, for three
# minutes, which is twice what the profile takes for cold.
#
# MiB/s		that it reads
# RAM-MiB	resident of its RAM at the end

# usage: served
served()
{
	values=$(awk -F '\t' '$3 ~ /^@served/ {
			split($3, said, " ")
			printf "%.1f %d", said[2] / 1.024 / said[3], $9 / 1024
		}' "$(guest_file serve samples)")
	# shellcheck disable=SC2086
	row '60 %' "$arm" "$run" $values
	rm "$(guest_file serve img)"
}

# usage: serve
serve()
{
	profile=
	[ $arm = hinting ] || profile="page-hinting-cold-cache.sh start;"
	QEMU_MORE=$(give_disk serve) VMRUN_MORE=-r start serve $mib "$profile serve.sh $((mib * 6 / 10)) $seconds"
}

mib=2048 seconds=180
[ -z "$quick" ] || mib=512 seconds=20
CAP=
export CAP
empty_disk
columns MiB/s RAM-MiB
for run in $(runs 5 1); do
	# Which of them starts first may matter.
	arms="hinting hinting-profile"
	[ $((run % 2)) = 1 ] || arms="hinting-profile hinting"
	# shellcheck disable=SC2086
	side_by_side $arms "two file servers for $seconds s, run $run" serve
	for arm in $arms; do
		served
	done
done
rm -f "$work"/*.img
