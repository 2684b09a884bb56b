# SPDX-License-Identifier: GPL-2.0
# A guest allocates, touches and frees 512 MiB in a loop, with a pause after
# each. After three seconds to settle: cycles, and as many a minute of the
# guest's time; mean milliseconds for allocating and touching; what the host
# discarded beyond the net release, in percent of what the guest freed; QEMU's
# CPU milliseconds a cycle. The arms of a run are in turn by the fifth of a second.
#
# The variant is the pause in milliseconds.

# usage: churn PAUSE RUN ARM...
churn()
{
	pause=$1 run=$2
	shift 2
	SMP=2 MEM=2048 boot_in_turn "churn-$pause-$run" "$@" -- \
		churn 512 "$pause" "$seconds" 100
	for arm; do
		values=$(awk -F '\t' -v mib=512 '
			$3 ~ /^@steady/ { kib = $2; discarded = $4; cpu = $6 }
			$3 ~ /^@churned/ {
				split($3, said, " ")
				cycles = said[2]
				net = (kib - $2) / 1024
				beyond = ($4 - discarded) / 1024 - (net > 0 ? net : 0)
				printf "%d %.2f %s %.1f %.1f\n", cycles,
				       60000 / said[4], said[3],
				       100 * (beyond > 0 ? beyond : 0) / (cycles * mib),
				       ($6 - cpu) / cycles
			}' "$work/churn-$pause-$run-$arm.samples")
		# shellcheck disable=SC2086
		row "$pause" "$arm" "$run" $values
	done
}

columns cycles cycles/min allocation-ms discarded-% CPU-ms/cycle
seconds=$([ -z "$quick" ] && echo 13 || echo 9)
for run in $(runs 7 1); do
	for pause in 0 50 400 1500; do
		[ $pause != 1500 ] || [ "$run" -le 3 ] || continue
		[ $pause = 0 ] || [ $pause = 400 ] || [ -z "$quick" ] || continue
		arms="none hinting"
		if [ "$run" = 1 ] && [ -z "$quick" ]; then
			arms="$arms reporting reporting-1000 reporting-250 reporting-100 reporting-20"
		fi
		# shellcheck disable=SC2086
		churn $pause "$run" $arms
	done
done
