# SPDX-License-Identifier: GPL-2.0
# A guest that works now and then: it does a job (job.sh), and idles; "twice" it idles
# for a minute, does it again, and idles. Two guests run at a time, of one CPU each, so
# that what disturbs the machine disturbs both. The memory is what is resident at the
# host of the guest's RAM alone.
#
# job-s		seconds for the jobs
# next-s	for the second
# CPU-s		QEMU's CPU seconds for the jobs and the idling
# mean-MiB	resident, over all of the run
# mean-used-MiB	of RAM that the guest has in use meanwhile
# used-MiB	of RAM that the guest has in use at the end
# cached-MiB	page cache in that
# left-MiB	resident at the end, 30 s after the last job, 90 with the profile
# excess	its ratio to used-MiB plus 16
# huge-MiB	most that was in the host's huge pages while the first job ran
# next-huge-MiB	and the second
# back-MiB	that the host took back meanwhile
# again-MiB	that became resident again while the guest idled
#
# The variant says what job, whether the page cache was kept or dropped after each, and
# whether it was done twice. The arms hinting-proactive-N leave compaction to the
# kernel's own, with that vm.compaction_proactiveness.

# usage: together ARM ARM JOB keep|drop	a run of its own
together()
{
	run=$((run + 1))
	variant="$3 $4${first_s:+ twice}"
	name=$3-$4${first_s:+-twice}
	side_by_side "$1" "$2" "$variant, beside $1, run $run" work_in_guest "$3" "$4"
	for arm in "$1" "$2"; do
		measured "$name"
		rm "$(guest_file "$name" img)"
	done
}

# usage: work_in_guest JOB keep|drop
work_in_guest()
{
	rest=$last_idle_s set=
	case $arm in
	hinting-profile)
		rest=$profile_idle_s
		set="page-hinting-cold-cache.sh start;"
		;;
	hinting-proactive-*)
		set="echo 0 > /sys/kernel/mm/page_hinting/compact;"
		set="$set echo ${arm##*-} > /proc/sys/vm/compaction_proactiveness;"
		;;
	esac
	QEMU_MORE="-drive file=$root,if=virtio,format=raw,readonly=on $(give_disk "$name")" \
	VMRUN_MORE=-r start "$name" $mib "$set RAM=$mib disk.sh /job.sh $1 $2 $first_s $rest"
}

# usage: measured GUEST
measured()
{
	values=$(awk -F '\t' '
		function said(n,   words) { split($3, words, " "); return words[n] }
		$3 ~ /^@job/ {
			t = $1
			idle = 0
			if (!jobs++) { begin = last = t; gone = $4; cpu = $6 }
		}
		$3 ~ /^@done/ {
			next_s = ($1 - t) / 1000
			job_s += next_s
			idle = 1
			before = $9
		}
		$3 ~ /^@now/ && begin {
			used_sum += said(2)
			looks++
		}
		begin && $3 == "-" {
			sum += $9 * ($1 - last)
			last = $1
			if (!idle && $10 > huge[jobs]) huge[jobs] = $10
			if (idle && $9 > before) again += $9 - before
			before = $9
		}
		$3 ~ /^@rested/ {
			end = $1
			cpu_s = ($6 - cpu) / 1000
			used = said(2)
			cached = said(3)
			left = $9
			back = $4 - gone
			total = sum
		}
		END {
			twice = jobs == 2
			printf "%.2f %s %.2f %d %d %d %d %d %.3f %d %s %d %d", job_s,
			       twice ? sprintf("%.2f", next_s) : "-", cpu_s, total / (end - begin) / 1024, used_sum / looks / 1024,
			       used / 1024, cached / 1024, left / 1024,
			       left / (used + 16 * 1024), huge[1] / 1024,
			       twice ? int(huge[2] / 1024) : "-", back / 1024, again / 1024
		}' "$(guest_file "$1" samples)")
	# shellcheck disable=SC2086
	row "$variant" "$arm" "$run" $values
}

last_idle_s=30 profile_idle_s=90
CAP=
export CAP
root=$work/root.img
"$vm"/density/root.sh "$root" "$("$vm"/density/source.sh duktape)"
empty_disk

columns job-s next-s CPU-s mean-MiB mean-used-MiB used-MiB cached-MiB left-MiB excess \
	huge-MiB next-huge-MiB back-MiB again-MiB
rm -f "$work"/footprint-*
run=$last_run
first_s=
if [ -n "$quick" ]; then
	mib=1024
	together reporting hinting farm drop
else
	mib=2048
	together none hinting compile drop
	together reporting-100 reporting compile drop
	together hinting-proactive-0 hinting-proactive-20 compile drop
	together reporting-100 hinting-proactive-100 compile drop
	together reporting-100 hinting-profile compile keep
	mib=768
	together none hinting farm keep
	together reporting-100 reporting farm keep
	# Where time matters: neither is always the first.
	mib=2048 first_s=60
	together reporting hinting compile keep
	together none hinting compile keep
	together hinting none compile keep
	together none hinting compile keep
	together hinting none compile keep
	together none hinting compile keep
fi
rm -f "$work"/*.img
