#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, in the root of root.sh: does a job as often as is said, and idles
# after each. What it writes is on the second disk, and is removed when it is done.
#
#	compile		unpacks a tree of small files, reads all of it, and has two
#			compilers at a large file at once
#	farm		containers come and go: processes that fork, allocate, free
#			and write files (guest/farm.c)
#
# Marks for the host: "@job"; "@done"; "@rested"; and "@now" every two seconds; each
# with KiB of RAM that the guest has in use, and how many of these are page cache.
#
# usage: job.sh compile|farm keep|drop SECONDS...	to idle after each
#
# "drop" drops the page cache after each job. RAM is the guest's MiB.
set -eu

say()
{
	while read -r name kib _; do
		case $name in
		MemFree:) free=$kib ;;
		Cached:) cached=$kib ;;
		esac
	done < /proc/meminfo
	printf '\n@%s %s %s\n' "$1" $((RAM * 1024 - free)) "$cached"
}

compile()
{
	mkdir tree
	tar xf /tree.tar -C tree
	find tree -type f -exec cat {} + > /dev/null
	gcc -O0 -std=c99 -c /src/duktape.c -o a.o &
	first=$!
	gcc -O0 -std=c99 -c /src/duktape.c -o b.o
	wait $first
	[ -s a.o ] && [ -s b.o ]
	rm -r a.o b.o tree
}

farm()
{
	/bin/farm "$RAM"
}

job=$1 cache=$2
shift 2
cd /work
while sleep 2; do
	say now
done &
for seconds; do
	say job
	$job
	sync
	[ "$cache" = keep ] || echo 3 > /proc/sys/vm/drop_caches
	say done
	sleep "$seconds"
	say rested
done
