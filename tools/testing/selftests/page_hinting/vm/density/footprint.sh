# SPDX-License-Identifier: GPL-2.0
# A guest that works now and then: it does a job (job.sh), idles for a minute, does
# it again, and idles; where what is resident matters, and not time, it does it once.
# Two guests run at a time, of one CPU each, so that what disturbs the machine
# disturbs both. The memory is what is resident at the host of the guest's RAM alone.
#
# job-s		seconds for both jobs
# next-s	for the second
# CPU-s		QEMU's CPU seconds for both
# mean-MiB	resident, over all of the run
# mean-used-MiB	of RAM that the guest has in use meanwhile
# used-MiB	of RAM that the guest has in use at the end
# cached-MiB	page cache in that
# left-MiB	resident at the end, 30 s after the second job, 90 with the profile
# excess	its ratio to used-MiB plus 16
# huge-MiB	most that was in the host's huge pages while the first job ran
# next-huge-MiB	and the second
# back-MiB	that the host took back meanwhile
# again-MiB	that became resident again while the guest idled
#
# The variant says what job, and whether the page cache was dropped after each. The
# arms hinting-proactive-N leave compaction to the kernel's own, with that
# vm.compaction_proactiveness.

# usage: together RUN ARM ARM JOB keep|drop
together()
{
	run=$1 variant="$4 $5"
	arm=$2
	work_in_guest "$4" "$5"
	first=$pid
	arm=$3
	work_in_guest "$4" "$5"
	wait_for_both "$4-$5" "$2" "$first" "$variant, beside $2, run $run"
	for arm in "$2" "$3"; do
		measured "$4-$5"
		rm "$(guest_file "$4-$5" img)"
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
	QEMU_MORE="-drive file=$root,if=virtio,format=raw,readonly=on $(give_disk "$1-$2")" \
	VMRUN_MORE=-r start "$1-$2" $mib "$set RAM=$mib disk.sh /job.sh $1 $2 $first_s $rest"
}

# usage: measured GUEST
measured()
{
	values=$(awk -F '\t' '
		function said(n,   words) { split($3, words, " "); return words[n] }
		$3 ~ /^@job/ {
			t = $1
			cpu = $6
			idle = 0
			if (!jobs++) { begin = last = t; gone = $4 }
		}
		$3 ~ /^@done/ {
			next_s = ($1 - t) / 1000
			job_s += next_s
			cpu_s += ($6 - cpu) / 1000
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
			used = said(2)
			cached = said(3)
			left = $9
			back = $4 - gone
			total = sum
		}
		END {
			printf "%.2f %.2f %.2f %d %d %d %d %d %.3f %d %d %d %d", job_s, next_s,
			       cpu_s, total / (end - begin) / 1024, used_sum / looks / 1024,
			       used / 1024, cached / 1024, left / 1024,
			       left / (used + 16 * 1024), huge[1] / 1024,
			       huge[jobs] / 1024, back / 1024, again / 1024
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
for run in $(runs 5 1); do
	first_s=
	if [ -n "$quick" ]; then
		mib=1024
		together "$run" reporting hinting farm drop
		continue
	fi
	mib=2048
	if [ "$run" = 1 ]; then
		together "$run" none hinting compile drop
		together "$run" reporting-100 reporting compile drop
		together "$run" hinting-proactive-0 hinting-proactive-20 compile drop
		together "$run" hinting-proactive-100 hinting-profile compile drop
		together "$run" reporting-100 hinting-profile compile keep
		mib=768
		together "$run" none hinting farm keep
		together "$run" reporting-100 reporting farm keep
		mib=2048 first_s=60
		together "$run" none-again reporting compile keep
	fi
	first_s=60
	# Neither is always the first.
	if [ $((run % 2)) = 1 ]; then
		together "$run" none hinting compile keep
	else
		together "$run" hinting none compile keep
	fi
done
rm -f "$work"/*.img
