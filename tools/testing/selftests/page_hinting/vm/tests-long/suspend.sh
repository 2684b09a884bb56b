# SPDX-License-Identifier: GPL-2.0
# Invariant 1, conservation: the guest suspends to RAM (S3) with batches in
# flight, the host wakes it up, and it goes on hinting. Can't run where a guest
# without a balloon does not come back from S3.
set -eu

. "$vm/while-loaded.sh"

# usage: wake_up TIMES
wake_up()
{
	for round in $(seq "$1"); do
		until tell '{"execute": "query-status"}' &&
		      grep -q '"status": "suspended"' "$sockets/log"; do
			kill -0 "$loaded"
			sleep 0.3
		done
		tell '{"execute": "system_wakeup"}'
		says suspend @resumed "$round"
	done
}

wake_up_3()
{
	wake_up 3
}

export MEM=768
rm -f "$out/suspend.console"
BALLOON='' DEVICES="-qmp unix:$sockets/qmp,server=on,wait=off" \
	guest.sh -c "$out/suspend.console" -t 100 -- \
	'echo mem > /sys/power/state; echo; echo @resumed' &
loaded=$!
wake_up 1 > "$out/suspend.said" 2>&1 &
if ! wait $!; then
	echo "no guest comes back from S3 here"
	exit 77
fi
wait "$loaded"
while_loaded suspend wake_up_3 suspend-under-load.sh none
echo "suspended and woken up 3 times"
