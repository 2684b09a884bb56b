#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Boots a guest that is under load, see guest/under-load.sh, and lets a function
# of the caller have its way with it by QMP; then inflates the balloon, which
# ends the load. To be sourced by a test, which exports what guest.sh takes.
#
# usage: while_loaded NAME COMMAND [GUEST'S COMMAND...]
#
# COMMAND may call "tell QMP..."; what QEMU says is in $sockets/log then. The
# result is that of the guest, or of COMMAND if that failed; the test ends with
# 75 if the emulator is to blame, see vmrun.c.

sockets=$(mktemp -d)
loaded=
console=
loaded_stop()
{
	status=$?
	[ -z "$loaded" ] || kill "$loaded" 2>/dev/null || true
	wait
	rm -rf "$sockets"
	! grep -qas 'Oops: int3' "$console" || exit 75
	exit $status
}
trap loaded_stop EXIT
trap 'exit 130' INT TERM HUP

tell()
{
	build/guest/qmp -t 120 "$sockets/qmp" "$@" > "$sockets/log" 2>&1 ||
		{ tail -n 3 "$sockets/log"; echo "$*: refused"; return 1; }
}

# usage: says NAME TEXT [TIMES]	waits until the guest has said so
says()
{
	for i in $(seq 600); do
		found=$(grep -acs "^$2" "$out/$1.console" || true)
		[ "${found:-0}" -lt "${3:-1}" ] || return 0
		kill -0 "$loaded" 2>/dev/null || break
		sleep 0.5
	done
	echo "the guest never said $2"
	return 1
}

while_loaded()
{
	name=$1
	have_its_way=$2
	shift 2
	[ $# != 0 ] || set -- under-load.sh
	console=$out/$name.console
	rm -f "$console"
	DEVICES="-qmp unix:$sockets/qmp,server=on,wait=off ${DEVICES:-}" \
		clean-guest.sh "$console" -1 -t "${LIMIT:-500}" -- "$@" \
		> "$out/$name.said" 2>&1 &
	loaded=$!
	says "$name" @loaded || { cat "$out/$name.said"; return 1; }
	# In the background, for there "set -e" holds.
	"$have_its_way" &
	wait $! || { tail -n 20 "$console"; return 1; }
	tell '{"execute": "balloon", "arguments": {"value": '$((MEM - 256))'000000}}'
	status=0
	wait "$loaded" || status=$?
	loaded=
	[ $status = 0 ] || { cat "$out/$name.said"; tail -n 30 "$console"; }
	grep -a -E '^@keep' "$console"
	return $status
}
