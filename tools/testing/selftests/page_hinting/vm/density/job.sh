#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, in the root of root.sh: does a job as often as is said, and idles
# after each. What it writes is on the second disk, and is removed when it is done.
#
#	compile		unpacks a tree of small files, reads all of it, and has the
#			compiler at two large files at once
#	farm		containers come and go: processes that fork, allocate, free
#			and write files (guest/farm.c)
#
# Marks for the host: "@job"; "@done"; "@rested"; each with KiB of RAM that the
# guest has in use, and how many of these are page cache.
#
# usage: job.sh compile|farm keep|drop SECONDS...	to idle after each
#
# "drop" drops the page cache after each job. RAM is the guest's MiB.
set -eu

say()
{
	printf '\n@%s %s\n' "$1" "$(awk -v ram="$RAM" '
		/^MemFree:/ { free = $2 }
		/^Cached:/ { cached = $2 }
		END { print ram * 1024 - free, cached }' /proc/meminfo)"
}

compile()
{
	mkdir tree duktape
	tar xf /tree.tar -C tree
	find tree -type f -exec cat {} + > /dev/null
	tar xJf /source -C duktape --strip-components=1
	gcc -O0 -std=c99 -Iduktape/src -c duktape/src/duktape.c -o a.o &
	first=$!
	gcc -O0 -g -std=c99 -Iduktape/src -c duktape/src/duktape.c -o b.o
	wait $first
	[ -s a.o ] && [ -s b.o ]
	rm -r a.o b.o duktape tree
}

farm()
{
	/bin/farm "$RAM"
}

job=$1 cache=$2
shift 2
cd /work
for seconds; do
	say job
	$job
	sync
	[ "$cache" = keep ] || echo 3 > /proc/sys/vm/drop_caches
	say done
	sleep "$seconds"
	say rested
done
