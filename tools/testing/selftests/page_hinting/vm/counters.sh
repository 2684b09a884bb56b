#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# For a QEMU that counts (make qemu): a guest frees memory, and what it says
# it hinted is beside what QEMU says it got and what became of it. Guards that
# the two agree: what was hinted is discarded or skipped, to the byte.
#
# usage: counters.sh [PROPERTY]...	(from the top of the repository)
#
# The properties are the balloon's, for instance reporting-iothread=reporting:
# an iothread of that name is there. The environment is as for guest.sh.
set -eu

here=$(dirname "$0")
out=build/run
mkdir -p $out
said=$out/counters.log
answer=$out/counters.json
socket=$out/qmp.$$
controls=/sys/kernel/mm/page_hinting
pages=/sys/kernel/debug/page_hinting/pages_hinted
half=$((${MEM:-2048} / 2))
guest=

finish()
{
	trap '' INT TERM HUP
	[ -z "$guest" ] || kill "$guest" 2>/dev/null || :
	wait
	rm -f $socket
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

BALLOON=virtio-balloon-pci,free-page-reporting=on$(printf ',%s' "$@" | sed 's/^,$//')
DEVICES="${DEVICES:-} -object iothread,id=reporting -qmp unix:$socket,server=on,wait=off"
export BALLOON DEVICES

rm -f $answer
: > $said
# No more words: the kernel takes 32.
"$here"/guest.sh -c $said -t 180 -- "hold $half munmap 500 2000;
	echo 0 > $controls/enabled;
	while [ \$(cat $controls/bytes_in_flight) != 0 ]; do sleep 0.1; done;
	cat $pages; echo; echo @counters; sleep 5" &
guest=$!
while kill -0 $guest 2>/dev/null; do
	if grep -q '^@counters' $said; then
		build/guest/qmp $socket '{"execute": "query-balloon-reporting"}
' > $answer
		break
	fi
	sleep 0.2
done
wait $guest || { tail -n 20 $said; exit 1; }
guest=
[ -s $answer ] || { tail -n 20 $said; echo "FAILED: no answer"; exit 1; }

qemu()
{
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" $answer
}

# Pages, since blocks are of several sizes: the one line that is a number.
hinted=$(($(tr -d '\r' < $said | grep -E '^[0-9]+$' | tail -n 1) << 12))
skipped=0
for reason in inhibited poisoned unaligned not-ram failed cancelled; do
	skipped=$((skipped + $(qemu $reason)))
done
printf '%-34s %14s\n' \
	"the guest: bytes hinted" $hinted \
	"QEMU: bytes hinted to it" "$(qemu hinted-bytes)" \
	"QEMU: bytes discarded" "$(qemu discarded-bytes)" \
	"QEMU: bytes skipped" $skipped \
	"QEMU: hints" "$(qemu hints)" \
	"QEMU: discards" "$(qemu discards)" \
	"QEMU: microseconds in discards" $(($(qemu discard-time-ns) / 1000))
[ "$hinted" = "$(qemu hinted-bytes)" ] &&
	[ "$hinted" = $(($(qemu discarded-bytes) + skipped)) ] &&
	[ "$hinted" -ge $((half << 20)) ] ||
	{ echo "FAILED: the counters do not agree"; exit 1; }
