#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The pictures: memory at the host over time when a guest frees it, and the
# plane of time to 99 % against the churn's cost. Only of workloads that have
# just run: what others left in the directory may be of a run that was broken off.
#
# usage: pictures.sh DIRECTORY WORKLOAD...	(that of bench.sh)
set -eu

dir=$1
shift
ran=" $* "
label=$(sed -n '1s/^# //p' "$dir/release.tsv")

# usage: curve MiB HOW PAGES ARM
curve()
{
	awk -F '\t' '
		NR == FNR { if ($3 ~ /^@free/ && !begin) begin = $1; next }
		$3 ~ /^@exit/ { exit }
		$3 == "-" { print ($1 - begin) / 1000, $2 / 1024 }' \
		"$dir/release-$1-$2-$3-$4-1.samples" "$dir/release-$1-$2-$3-$4-1.samples" \
		> "$dir/$1-$3-$4.curve"
}

# Runs that are added to those of another machine have no first one here.
if [ "${ran#* release }" != "$ran" ] &&
   [ -f "$dir/release-1024-munmap-always-hinting-1.samples" ]; then
	for pages in always never; do
		curve 1024 munmap $pages hinting
		curve 1024 munmap $pages reporting
	done
	gnuplot -e "set terminal svg size 800,400 background 'white';
		set output '$dir/release-1024.svg'; set grid; set title '$label' font ',9';
		set xlabel 'seconds after the guest began to free 1 GiB';
		set ylabel 'MiB resident at the host'; set yrange [0:]; set xrange [-1:20];
		plot '$dir/1024-never-reporting.curve' with lines lw 2 lc rgb '#c06000' dt 2 title 'page reporting, 4 KiB pages',
		'$dir/1024-always-reporting.curve' with lines lw 2 lc rgb '#c06000' title 'page reporting, huge pages',
		'$dir/1024-never-hinting.curve' with lines lw 2 lc rgb '#0060c0' dt 2 title 'page hinting, 4 KiB pages',
		'$dir/1024-always-hinting.curve' with lines lw 2 lc rgb '#0060c0' title 'page hinting, huge pages'"

	delays='20 100 250 1000'
	curve 4096 munmap always hinting
	curve 4096 munmap always reporting
	curve 4096 munmap always none
	for delay in $delays; do
		curve 4096 munmap always "reporting-$delay"
	done
	gnuplot -e "set terminal svg size 800,400 background 'white';
		set output '$dir/release-4096.svg'; set grid; set title '$label' font ',9';
		set xlabel 'seconds after the guest began to free 4 GiB';
		set ylabel 'MiB resident at the host'; set yrange [0:]; set xrange [-1:20];
		plot '$dir/4096-always-none.curve' with lines lw 1 lc rgb '#808080' title 'neither',
		'$dir/4096-always-reporting.curve' with lines lw 2 lc rgb '#c06000' title 'page reporting, 2000 ms',
		$(for delay in $delays; do
			printf "'%s' with lines lw 1 title 'page reporting, %s ms'," \
				"$dir/4096-always-reporting-$delay.curve" "$delay"
		done)
		'$dir/4096-always-hinting.curve' with lines lw 2 lc rgb '#0060c0' title 'page hinting'"
fi

# usage: median TABLE VARIANT ARM COLUMN	nothing if there is no such run
median()
{
	awk -F '\t' -v variant="$2" -v arm="$3" -v column="$4" '
		$1 == variant && $2 == arm { print ($column == "-" ? "inf" : $column) }' \
		"$dir/$1.tsv" | sort -g | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

case $ran in
*' release '* | *' churn '*) ;;
*) exit ;;
esac
# The churn's cost is the mean over the pauses that are not longer than any age.
for arm in reporting reporting-1000 reporting-250 reporting-100 reporting-20 hinting; do
	time=$(median release '4096 munmap always' $arm 6)
	cost=$(for pause in 0 50 400; do median churn $pause $arm 7; done |
		awk '{ sum += $1 } END { if (NR) print sum / NR }')
	[ -z "$time" ] || [ -z "$cost" ] || [ "$time" = inf ] ||
		printf '%s\t%s\t%s\n' $arm "$time" "$cost"
done > "$dir/plane.data"
gnuplot -e "set terminal svg size 800,400 background 'white'; set datafile separator '\t';
	set output '$dir/plane.svg'; set grid; set title '$label' font ',9';
	set xlabel 'seconds until the host has 99 % of 4 GiB'; set logscale x;
	set ylabel 'discarded for nothing, % of what is churned'; set yrange [-2:];
	set xrange [0.1:60]; set key bottom left;
	plot '<grep reporting $dir/plane.data' using 2:3 with linespoints pt 7 lc rgb '#c06000' title 'page reporting, its delay varied',
	'<grep reporting $dir/plane.data' using 2:3:1 with labels offset 1,1 left notitle,
	'<grep hinting $dir/plane.data' using 2:3 with points pt 7 ps 1.5 lc rgb '#0060c0' title 'page hinting'"
