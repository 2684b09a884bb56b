# SPDX-License-Identifier: GPL-2.0
# A guest that works now and then: it unpacks and compiles a program with
# Debian's compiler (phases.sh), idles, and does both again. Two guests run at a
# time, of one CPU each, so that what disturbs the machine disturbs both: hinting
# beside page reporting, thrice; and once neither, hinting with a min_order of 10,
# and all again with the page cache dropped after each compilation.
#
# compile-s	seconds for the compilations
# CPU-s		and its QEMU's CPU seconds
# mean-MiB	resident memory, over all of the run
# peak-MiB	the most of it
# GiB-min	the same summed up over time
# idle-MiB	at the end of the last idling
# cached-MiB	page cache that the guest says it has then
# discarded-MiB	that the host took back meanwhile
#
# The variant says whether the page cache was dropped after each compilation.

# usage: together RUN ARM VARIANT ARM VARIANT
together()
{
	run=$1
	arm=$2
	compile "$3"
	first=$pid
	arm=$4
	compile "$5"
	second=$pid
	shown=0
	while alive "$first" || alive "$second"; do
		if [ $(($(now_ms) - shown)) -ge 30000 ]; then
			shown=$(now_ms)
			progress "$5, beside $2 $3, run $run"
		fi
		sleep 1
	done
	wait "$second" || failed "$5"
	arm=$2
	wait "$first" || failed "$3"
	pids=
	measured "$2" "$3"
	measured "$4" "$5"
}

# usage: compile VARIANT
compile()
{
	order=
	[ "$arm" != hinting-10 ] || order='echo 10 > /sys/kernel/mm/page_hinting/min_order;'
	start "$1" 2048 "$order disk.sh /phases.sh $1 $phases $idle_s"
}

# usage: measured ARM VARIANT
measured()
{
	arm=$1
	values=$(awk -F '\t' '
		$3 ~ /^@compile\r?$/ { t = $1; cpu = $6; if (!begin) { begin = last = t; before = $4 } }
		$3 ~ /^@compiled/ { compile += $1 - t; used += $6 - cpu }
		begin && $3 == "-" {
			sum += $2 * ($1 - last)
			last = $1
			if ($2 > peak) peak = $2
		}
		$3 ~ /^@rested/ {
			split($3, said, " ")
			cached = said[2]
			end = $1
			idle = $2
			gone = $4 - before
			total = sum
		}
		END {
			printf "%.2f %.2f %d %d %.3f %d %d %d", compile / 1000, used / 1000,
			       total / (end - begin) / 1024, peak / 1024,
			       total / 1048576 / 60000, idle / 1024, cached / 1024, gone / 1024
		}' "$(guest_file "$2" samples)")
	# shellcheck disable=SC2086
	row "$2" "$arm" "$run" $values
}

root=$work/root.img
"$vm"/density/root.sh "$root" "$("$vm"/density/source.sh duktape)"
QEMU_MORE="-drive file=$root,if=virtio,format=raw,readonly=on"
CAP=
export QEMU_MORE CAP
if [ -z "$quick" ]; then
	phases=2 idle_s=20
else
	phases=1 idle_s=10
fi

columns compile-s CPU-s mean-MiB peak-MiB GiB-min idle-MiB cached-MiB discarded-MiB
for run in $(runs 3 1); do
	together "$run" reporting keep hinting keep
	[ "$run" = 1 ] && [ -z "$quick" ] || continue
	together "$run" none keep none drop
	together "$run" reporting drop hinting drop
	together "$run" hinting-10 keep hinting-10 drop
done
QEMU_MORE=
