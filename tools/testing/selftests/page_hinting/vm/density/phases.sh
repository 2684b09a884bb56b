#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, in the root of root.sh: unpacks and compiles Duktape, a
# JavaScript interpreter, removes it as a build server does, and idles; all that
# as often as is said. Most of it is one large file, for which the compiler
# takes some 150 MiB.
#
# Marks for the host: "@compile"; "@compiled"; "@idle CACHED" with KiB of page
# cache; at the end of the idling "@rested CACHED".
#
# usage: phases.sh drop|keep PHASES IDLE-SECONDS
#
# "drop" drops the page cache after each compilation.
set -eu

say()
{
	printf '\n@%s\n' "$*"
}

cached()
{
	awk '/^Cached:/ { print $2 }' /proc/meminfo
}

cd /tmp
for phase in $(seq "$2"); do
	say compile
	mkdir duktape
	tar xJf /source -C duktape --strip-components=1
	# Without optimization, and with no more than the interpreter needs.
	make -s -C duktape -f Makefile.cmdline CC=gcc \
		CCOPTS='-O0 -std=c99 -Isrc -Iexamples/cmdline -Iextras/print-alert -DDUK_CMDLINE_PRINTALERT_SUPPORT' \
		CMDLINE_SOURCES='examples/cmdline/duk_cmdline.c extras/print-alert/duk_print_alert.c' \
		> log 2>&1 || { cat log; exit 1; }
	[ "$(duktape/duk -e 'print(6 * 7)')" = 42 ]
	rm -rf duktape
	say compiled
	[ "$1" = keep ] || echo 3 > /proc/sys/vm/drop_caches
	say "idle $(cached)"
	sleep "$3"
	say "rested $(cached)"
done
