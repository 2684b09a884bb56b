# SPDX-License-Identifier: GPL-2.0
# Invariants 1 and 2: the classic balloon is inflated and deflated by 128 MiB
# five times while hinting runs at age 0, and takes from the same free memory.
set -eu

. "$vm/while-loaded.sh"

# usage: balloon MIB	and waits until the guest has come to that
balloon()
{
	tell '{"execute": "balloon", "arguments": {"value": '$(($1 << 20))'}}'
	for i in $(seq 300); do
		tell '{"execute": "query-balloon"}'
		! grep -q "\"actual\": $(($1 << 20))}" "$sockets/log" || return 0
		sleep 0.1
	done
	cat "$sockets/log"
	return 1
}

in_and_out()
{
	for round in 1 2 3 4 5; do
		balloon $((MEM - 128))
		balloon "$MEM"
	done
}

export MEM=768
while_loaded balloon in_and_out
echo "inflated and deflated 5 times"
