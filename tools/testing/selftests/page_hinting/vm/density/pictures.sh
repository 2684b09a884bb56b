#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The pictures: resident memory of guests that came in turn, stacked, against
# the cap; and that of a guest that works now and then. Only of workloads that have
# just run: what others left in the directory may be of a run that was broken off.
#
# usage: pictures.sh DIRECTORY CAP-MiB WORKLOAD...	(the directory of density.sh)
set -eu

dir=$1
cap_mib=$2
shift 2
ran=" $* "

# usage: stack ARM	a line every half second: seconds, then GiB of the first
# guest, of the first and the second, and so on
stack()
{
	set -- "$1" $(ls "$dir/fit-$1-1"-*.samples | sed 's/.*-\(.*\)\.samples/\1/' | sort -n)
	arm=$1
	shift
	for guest; do
		awk -F '\t' -v guest="$guest" -v offset="$(cat "$dir/fit-$arm-1-$guest.offset")" '
			$3 != "-" { next }
			{ at = int(($1 + offset) / 500) }
			at != last { print at, guest, $2 / 1048576; last = at }' \
			"$dir/fit-$arm-1-$guest.samples"
	done | sort -n -k 1,1 | awk -v guests=$# '
		function line(   g, sum) {
			printf "%g", (at - begin) / 2
			for (g = 1; g <= guests; g++) {
				# What gave no sample in this time is gone, or not there yet.
				sum += seen[g] == at ? gib[g] : 0
				printf " %g", sum
			}
			print ""
		}
		NR == 1 { at = begin = $1 }
		$1 != at { line(); at = $1 }
		{ gib[$2] = $3; seen[$2] = at }
		END { line() }' > "$dir/fit-$arm.stack"
}

if [ "${ran#* fit }" != "$ran" ]; then
	label=$(sed -n '1s/^# //p' "$dir/fit.tsv")
	cap=$(awk -v mib="$cap_mib" 'BEGIN { print mib / 1024 }')
	panels=
	for arm in none reporting hinting; do
		stack $arm
		guests=$(($(awk 'NR == 1 { print NF }' "$dir/fit-$arm.stack") - 1))
		fit=$(awk -F '\t' -v arm=$arm '$2 == arm { print $4; exit }' "$dir/fit.tsv")
		tried=$(awk -F '\t' -v arm=$arm '$2 == arm { print $5; exit }' "$dir/fit.tsv")
		case $arm in
		none) title='neither' ;;
		*) title="page $arm" ;;
		esac
		[ "$fit" = "$tried" ] && title="$title: all $fit fit" ||
			title="$title: $fit fit, not $tried"
		# The top of the stack first, the others over it.
		areas=$(for guest in $(seq "$guests" -1 1); do
			[ $((guest % 2)) = 1 ] && colour=0060c0 || colour=80b0e0
			printf "'%s' using 1:%d with filledcurves x1 fc rgb '#%s' notitle, " \
				"$dir/fit-$arm.stack" $((guest + 1)) $colour
		done)
		panels="$panels
			set title '$title';
			plot $areas $cap with lines lw 2 lc rgb '#c00000' notitle;
			unset ylabel;"
	done
	gnuplot -e "set terminal svg size 1000,420 background 'white';
		set output '$dir/fit.svg'; set grid; set yrange [0:$cap * 1.1];
		set multiplot layout 1,3 title '$label' font ',8';
		set xlabel 'seconds'; set ylabel 'GiB resident at the host, each guest';
		$panels unset multiplot"
fi

# usage: curve VARIANT ARM SAMPLES	resident of the guest's RAM
curve()
{
	awk -F '\t' '
		$3 ~ /^@job/ && !begin { begin = $1 }
		$3 ~ /^@exit/ { exit }
		begin && $3 == "-" && $1 >= next_ms {
			print ($1 - begin) / 1000, $9 / 1024
			next_ms = $1 + 500
		}' "$3" > "$dir/footprint-$1-$2.curve"
}

if [ "${ran#* footprint }" != "$ran" ]; then
	label=$(sed -n '1s/^# //p' "$dir/footprint.tsv")
	panels=
	for variant in compile-keep-twice compile-keep compile-drop farm-keep; do
		lines=
		for arm in none reporting reporting-100 hinting hinting-profile; do
			samples=$(find "$dir" -type f |
				grep -E "/footprint-$arm-[0-9]+-$variant\.samples$" | sort | sed 1q)
			[ -n "$samples" ] || continue
			curve $variant $arm "$samples"
			case $arm in
			none) colour=808080 title=neither ;;
			reporting) colour=c06000 title='page reporting' ;;
			reporting-100) colour=e0b060 title='page reporting, 100 ms' ;;
			hinting) colour=0060c0 title='page hinting' ;;
			hinting-profile) colour=00a060 title='page hinting, profile' ;;
			esac
			lines="$lines${lines:+, }'$dir/footprint-$variant-$arm.curve' with lines lw 2 lc rgb '#$colour' title '$title'"
		done
		[ -z "$lines" ] ||
			panels="$panels set title '$variant'; plot $lines; unset ylabel;"
	done
	gnuplot -e "set terminal svg size 1500,420 background 'white';
		set output '$dir/footprint.svg'; set grid;
		set multiplot layout 1,4 title '$label' font ',8';
		set xlabel 'seconds; after a job the guest idles';
		set ylabel 'MiB of the RAM resident at the host'; set yrange [0:];
		set key outside bottom horizontal; $panels unset multiplot"
fi
