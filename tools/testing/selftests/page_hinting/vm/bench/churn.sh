# SPDX-License-Identifier: GPL-2.0
# A guest allocates, touches and frees 512 MiB in a loop, with a pause after
# each. After three seconds to settle: cycles, and as many a minute; mean
# milliseconds for allocating and touching; what the host discarded beyond the
# net release, in percent of what the guest freed; QEMU's CPU milliseconds a
# cycle. The arms run in pairs, since the machine changes with time, and either
# of them comes first in turn.
#
# The variant is the pause in milliseconds.

churn()
{
	pause=$1 arm=$2 run=$3
	SMP=2 MEM=2048 boot "$arm" "churn-$pause-$arm-$run" \
		churn 512 "$pause" "$seconds" 100
	values=$(awk -F '\t' -v mib=512 '
		$3 ~ /^@steady/ { t = $1; kib = $2; discarded = $4; cpu = $6 }
		$3 ~ /^@churned/ {
			split($3, said, " ")
			cycles = said[2]
			net = (kib - $2) / 1024
			beyond = ($4 - discarded) / 1024 - (net > 0 ? net : 0)
			printf "%d\t%.2f\t%s\t%.1f\t%.0f\n", cycles,
			       cycles * 60000 / ($1 - t), said[3],
			       100 * (beyond > 0 ? beyond : 0) / (cycles * mib),
			       ($6 - cpu) / cycles
		}' "$sample" | tr '\t' ' ')
	# shellcheck disable=SC2086
	row "$pause" "$arm" "$run" $values
}

columns cycles cycles/min allocation-ms discarded-% CPU-ms/cycle
seconds=$([ -z "$quick" ] && echo 10 || echo 9)
for run in $(runs 7 1); do
	for pause in 0 50 400 1500; do
		[ $pause != 1500 ] || [ "$run" -le 3 ] || continue
		[ $pause = 0 ] || [ $pause = 400 ] || [ -z "$quick" ] || continue
		pair="none hinting"
		[ $((run % 2)) = 1 ] || pair="hinting none"
		for arm in $pair; do
			churn $pause "$arm" "$run"
		done
		[ "$run" = 1 ] && [ -z "$quick" ] || continue
		for arm in reporting reporting-1000 reporting-250 reporting-100 reporting-20; do
			churn $pause $arm "$run"
		done
	done
done
