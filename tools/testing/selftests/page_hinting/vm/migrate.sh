#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Moves a guest under load from one QEMU to another, and on to the next, while
# it hints; the balloon hints for the migration, too (free-page-hint), and is
# inflated and deflated. Then it is inflated by more, which ends the load. What
# is kept in the guest's memory is looked at all the time, by the guest: see
# guest/under-load.sh.
#
# usage: migrate.sh HOPS precopy|postcopy NAME	(from the top)
#
# Leaves the consoles in build/check/NAME.N. The exit status is the guest's. The
# environment is as for guest.sh; BALLOON may name the iothread io0.
set -eu

here=$(dirname "$0")
export MEM="${MEM:-768}"
balloon=${BALLOON:-virtio-balloon-pci,free-page-reporting=on,free-page-hint=on,iothread=io0}
hops=$1
how=$2
name=build/check/$3
sockets=$(mktemp -d)
guests=
stop()
{
	status=$?
	trap '' INT TERM HUP
	# shellcheck disable=SC2086
	[ -z "$guests" ] || kill $guests 2>/dev/null || true
	wait
	rm -rf "$sockets"
	# The emulator is to blame, see vmrun.c.
	! grep -qas 'Oops: int3' "$name".[0-9]* || exit 75
	exit $status
}
trap stop EXIT
trap 'exit 130' INT TERM HUP
rm -f "$name".[0-9]*

boot()
{
	BALLOON=$balloon \
	DEVICES="-object iothread,id=io0 -qmp unix:$sockets/$1,server=on,wait=off $2" \
		"$here"/clean-guest.sh "$name.$1" -1 -t 500 -- under-load.sh \
		> "$name.$1.said" 2>&1 &
	last=$!
	guests="$guests $last"
}

tell()
{
	socket=$sockets/$1
	shift
	build/guest/qmp -t 120 "$socket" "$@" > "$sockets/log" 2>&1 ||
		{ tail -n 3 "$sockets/log"; echo "$*: refused"; exit 1; }
}

capabilities()
{
	printf '{"execute": "migrate-set-capabilities", "arguments": {"capabilities": ['
	printf '{"capability": "postcopy-ram", "state": %s}]}}' \
		"$([ $how = postcopy ] && echo true || echo false)"
}

# usage: balloon MIB	what the guest is to have
balloon()
{
	printf '{"execute": "balloon", "arguments": {"value": %d}}' $(($1 << 20))
}

boot 0 ''
for i in $(seq 300); do
	! grep -qs ^@loaded "$name.0" || break
	kill -0 "$last" 2>/dev/null || break
	sleep 0.5
done
grep -qs ^@loaded "$name.0" || { cat "$name.0.said"; tail "$name.0"; exit 1; }

# Postcopy has to have something left when it begins, and to last a while.
limits='"max-bandwidth": 4000000000, "downtime-limit": 3000'
[ "$how" != postcopy ] || limits='"max-bandwidth": 33554432, "downtime-limit": 1,
	"max-postcopy-bandwidth": 33554432'

for to in $(seq "$hops"); do
	from=$((to - 1))
	began=$(date +%s)
	boot "$to" "-incoming defer"
	tell "$to" "$(capabilities)" \
		'{"execute": "migrate-incoming", "arguments": {"uri": "unix:'"$sockets/wire"'"}}'
	tell "$from" "$(capabilities)" \
		'{"execute": "migrate-set-parameters", "arguments": {'"$limits"'}}'
	build/guest/qmp -t 120 "$sockets/$to" RESUME > "$sockets/resumed" 2>&1 &
	resumed=$!
	tell "$from" "$(balloon $((MEM - 64)))" \
		'{"execute": "migrate", "arguments": {"uri": "unix:'"$sockets/wire"'"}}'
	if [ "$how" = postcopy ]; then
		sleep 0.3
		tell "$from" '{"execute": "migrate-start-postcopy"}'
	fi
	wait $resumed || { cat "$sockets/resumed"; echo "hop $to: no end"; exit 1; }
	tell "$to" "$(balloon "$MEM")"
	# With postcopy the source has pages to send yet.
	for i in $(seq 200); do
		tell "$from" '{"execute": "query-migrate"}'
		! grep -q '"status": "completed"' "$sockets/log" || break
		sleep 0.3
	done
	grep -o '"status": "[a-z]*"' "$sockets/log" | tail -n 1
	grep -q '"status": "completed"' "$sockets/log"
	if [ "$how" = postcopy ]; then
		grep -q '"postcopy-requests": [1-9]' "$sockets/log" ||
			{ echo "hop $to: postcopy had nothing to do"; exit 1; }
		# Only ours can tell.
		! build/guest/qmp "$sockets/$to" '{"execute": "query-balloon-reporting"}' \
			> "$sockets/log" 2>&1 ||
			grep -o '"inhibited": [1-9][0-9]*' "$sockets/log" ||
			{ echo "hop $to: hints of postcopy were discarded"; exit 1; }
	fi
	build/guest/qmp "$sockets/$from" '{"execute": "quit"}' > /dev/null 2>&1 || true
	echo "hop $to, $how: $(($(date +%s) - began)) s"
	sleep 2
done

tell "$hops" "$(balloon $((MEM - 256)))"
status=0
wait $last || status=$?
[ $status = 0 ] || { cat "$name.$hops.said"; tail -n 30 "$name.$hops"; }
# Those that it left were ended from outside, but must not have complained.
wait
guests=
if grep 'the kernel complained' "$name".*.said; then
	status=1
fi
grep -a -E '^@keep|page_hinting/(isolated|returned|hinted)' "$name.$hops"
exit $status
