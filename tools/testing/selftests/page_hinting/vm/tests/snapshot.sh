# SPDX-License-Identifier: GPL-2.0
# Content: a snapshot of the guest under load is taken, and gone back to twice:
# what hints had the host discard since then is there again.
set -eu

. "$vm/while-loaded.sh"

back_and_again()
{
	monitor savevm then
	for round in 1 2; do
		sleep 3
		monitor loadvm then
	done
	sleep 2
}

# Success says nothing.
monitor()
{
	tell '{"execute": "human-monitor-command", "arguments": {"command-line": "'"$*"'"}}'
	tail -n 1 "$sockets/log" | grep -q '{"return": ""}' ||
		grep -q '{"return": ""}' "$sockets/log" || { cat "$sockets/log"; return 1; }
}

qemu-img create -q -f qcow2 "$out/snapshot.qcow2" 1M
export MEM=768 DEVICES="-drive if=none,id=states,file=$out/snapshot.qcow2"
while_loaded snapshot back_and_again
rm -f "$out/snapshot.qcow2"
echo "went back twice"
