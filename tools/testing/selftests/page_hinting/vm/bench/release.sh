# SPDX-License-Identifier: GPL-2.0
# A guest holds memory and frees all of it at once. Seconds from then until
# the host has 50, 90 and 99 % ("-" if not within the wait); MiB x seconds held
# for nothing until then or until the wait is over; QEMU's CPU milliseconds,
# those of them in the host's kernel, and discards, all within the wait. That
# is 20 s for the three arms with 4 GiB, so that what handing back costs can be
# compared; elsewhere page reporting gets longer than hinting.
#
# The variant is MiB freed, how, and the guest's huge pages.

release()
{
	mib=$1 how=$2 pages=$3 arm=$4 run=$5 wait_s=$6
	MORE="transparent_hugepage=$pages" boot "$arm" "release-$mib-$how-$pages-$arm-$run" \
		hold "$mib" "$how" 1000 "${wait_s}000"
	values=$(awk -v mib="$mib" -f "$vm/curve.awk" "$sample" | cut -f 3-9 | tr '\t' ' ')
	# shellcheck disable=SC2086
	row "$mib $how $pages" "$arm" "$run" $values
}

columns 50% 90% 99% MiB-s-held CPU-ms kernel-ms discards
export SMP=2
for run in $(runs 3 1); do
	for arm in hinting reporting none; do
		MEM=5120 release 4096 munmap always $arm "$run" 20
		[ $arm != none ] || continue
		[ $arm = hinting ] && short=4 long=4 || short=14 long=22
		[ $arm = hinting ] || [ "$run" = 1 ] || continue
		MEM=2048 release 1024 munmap always $arm "$run" $short
		[ -z "$quick" ] || continue
		MEM=2048 release 1024 munmap never $arm "$run" $long
		MEM=2048 release 1024 exit always $arm "$run" $short
		MEM=512 release 256 munmap always $arm "$run" $short
		MEM=512 release 256 exit always $arm "$run" $short
	done
	[ -z "$quick" ] || continue
	MEM=5120 release 4096 exit always hinting "$run" 4
	MEM=5120 release 4096 munmap never hinting "$run" 6
	MEM=2048 release 1024 munmap never hinting-direct "$run" 4
	# These change little from run to run.
	[ "$run" = 1 ] || continue
	for arm in reporting-1000 reporting-250 reporting-100 reporting-20; do
		MEM=5120 release 4096 munmap always $arm "$run" 12
	done
done
