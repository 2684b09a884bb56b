#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Migrates a guest that frees memory all the time from one QEMU to another one
# on this host, with hints in flight; there it goes on, and ends by itself.
# Guards that no buffer of the hinting queue is lost on the way: every block
# that was isolated has been returned, and hinting still works.
#
# usage: migration.sh [PROPERTY]...	(from the top of the repository)
#
# The properties are the balloon's, for instance reporting-iothread=reporting:
# an iothread of that name is there. The environment is as for guest.sh.
set -eu

here=$(dirname "$0")
out=build/run
mkdir -p $out
source=$out/migration-source
target=$out/migration-target
controls=/sys/kernel/mm/page_hinting
source_pid=
target_pid=

finish()
{
	trap '' INT TERM HUP
	for pid in $source_pid $target_pid; do
		kill "$pid" 2>/dev/null || :
	done
	wait
	rm -f $source.qmp $target.qmp $out/migration.socket
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

BALLOON=virtio-balloon-pci,free-page-reporting=on$(printf ',%s' "$@" | sed 's/^,$//')
SMP=2
MEM=1024
export BALLOON SMP MEM

# Memory comes and goes until the guest has moved, which it does not know; so
# for 30 s. Then it frees once more, and counts.
work="page_fault1 -t 2 -s 30 -m 64;
	hold 256 munmap 100 3000;
	echo 0 > $controls/enabled;
	sleep 1;
	grep . $controls/*;
	[ \$(cat $controls/bytes_in_flight) = 0 ] &&
	[ \$(cat $controls/isolated) = \$(cat $controls/returned) ] &&
	[ \$(cat $controls/hinted) -gt 64 ]"

start()
{
	DEVICES="-object iothread,id=reporting -qmp unix:$1.qmp,server=on,wait=off $2" \
		"$here"/guest.sh -c $1.log -t 180 -- "$work" &
}

qmp()
{
	build/guest/qmp "$@"
}

rm -f $source.qmp $target.qmp $out/migration.socket
: > $source.log
: > $target.log
start $target "-incoming unix:$out/migration.socket"
target_pid=$!
start $source ""
source_pid=$!

# It is up and works, and hints, when QEMU has discarded something.
tries=0
until qmp $source.qmp '{"execute": "query-balloon-reporting"}
' 2>/dev/null | grep -q '"discarded-bytes": [1-9]'; do
	tries=$((tries + 1))
	[ $tries -lt 600 ] && kill -0 $source_pid 2>/dev/null ||
		{ tail $source.log; echo "the guest does not hint"; exit 1; }
	sleep 0.1
done
sleep 5
qmp $source.qmp "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"unix:$out/migration.socket\"}}
" > /dev/null
tries=0
until qmp $source.qmp '{"execute": "query-migrate"}
' | tee $source.json | grep -q '"status": "completed"'; do
	tries=$((tries + 1))
	[ $tries -lt 1000 ] && ! grep -q '"status": "failed"' $source.json ||
		{ cat $source.json; echo "the migration did not complete"; exit 1; }
	sleep 0.1
done
before=$(qmp $source.qmp '{"execute": "query-balloon-reporting"}
')
echo "source: $before"
qmp $source.qmp '{"execute": "quit"}
' > /dev/null || :
wait $source_pid || :
source_pid=

wait $target_pid || { tail -n 30 $target.log; echo "FAILED: status $?"; exit 1; }
target_pid=
grep -E 'isolated|returned|hinted|bytes_in_flight' $target.log
grep -q '^@free' $target.log || { echo "FAILED: it did not end at the target"; exit 1; }
echo "migrated, and all that was isolated has been returned"
