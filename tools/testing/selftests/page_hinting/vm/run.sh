#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The main job, shown: a guest holds memory, frees it, and the host has it
# back; then the kselftests and page_fault1 in such guests, and the counters of
# both sides if QEMU has some. Leaves build/run: samples, table, picture. Fails
# if the memory did not come back.
set -eu

here=$(dirname "$0")
out=build/run
half=$((${MEM:-2048} / 2))
curve=$out/release.tsv
mkdir -p $out

echo
echo "A guest of ${MEM:-2048} MiB, ${SMP:-2} CPUs, on $("$here"/accel.sh):" \
	"holds $half MiB, frees them after 2 s."
"$here"/guest.sh -l "${MEM:-2048}" -s $curve -c $out/release.log -t 120 -- \
	hold "$half" munmap 2000 4000 ||
	{ tail -n 20 $out/release.log; exit 1; }
awk -v mib="$half" -f "$here"/curve.awk $curve > $out/table.tsv

echo
echo "The kselftests:"
"$here"/guest.sh -c $out/kselftest.log -t 300 -- page_hinting_test ||
	{ cat $out/kselftest.log; exit 1; }
tr -d '\r' < $out/kselftest.log | grep -E '^(ok|not ok|# Totals)'

echo
echo "page_fault1, 2 threads, 10 s:"
"$here"/guest.sh -c $out/page_fault1.log -t 120 -- page_fault1 -t 2 -s 10 ||
	{ tail -n 20 $out/page_fault1.log; exit 1; }
grep page_fault1: $out/page_fault1.log

begin=$(awk -F '\t' '/@free/ { print $1; exit }' $curve)
plot="set xlabel 'seconds after the guest freed $half MiB';
	set ylabel 'MiB resident at the host' offset 1; set yrange [0:];
	set xrange [-2:4]; unset key; set grid;
	plot '<grep -v @ $curve' using ((\$1-$begin)/1000.0):(\$2/1024.0) with lines lw 2"
echo
gnuplot -e "set terminal dumb 78 20; $plot"
gnuplot -e "set terminal svg size 800,400; set output '$out/release.svg'; $plot"

echo "MiB freed	back at the host	50 %	90 %	99 %	MiB x s held"
awk -F '\t' '{ printf "%s\t\t%s\t\t\t%s s\t%s s\t%s s\t%s\n", $1, $2, $3, $4, $5, $6 }' \
	$out/table.tsv
echo "The picture: $out/release.svg"

if "${QEMU:-qemu-system-x86_64}" -device virtio-balloon-pci,help | grep -q reporting-iothread; then
	echo
	echo "What the guest hinted, and what QEMU did with it, in an iothread:"
	"$here"/counters.sh reporting-iothread=reporting
fi

awk -F '\t' '$2 < $1 * 0.98 { print "FAILED: the memory did not come back"; exit 1 }' \
	$out/table.tsv
