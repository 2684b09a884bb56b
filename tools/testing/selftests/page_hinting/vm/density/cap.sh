# SPDX-License-Identifier: GPL-2.0
#
# Holds guests under a cap, to be sourced: a memory cgroup, v1 or v2, whichever
# is mounted, and a swap file. There is one group and one swap file at a time,
# with fixed names, so that the next run finds what a killed one left.
#
# What counts as the cap reached: the kernel's own count of charges that the
# limit refused (v1 memory.failcnt, v2 "max" in memory.events). That includes
# those for which it could still reclaim page cache, but the group has hardly
# any: QEMU reads its kernel once, and nothing else than QEMU is in the group
# (density/qemu.sh). So the first refusal means that the guests' own memory
# has come up to the limit; without swap the kernel can then only kill.

cap_name=page-hinting-density

# Finds the hierarchy: $cap is the group, $cap_v 1 or 2. Fails with a reason.
cap_find()
{
	cap_root=$(awk '$3 == "cgroup" && ("," $4 ",") ~ /,memory,/ { print $2; exit }' /proc/mounts)
	cap_v=1
	if [ -z "$cap_root" ]; then
		cap_v=2
		cap_root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
		grep -qsw memory "$cap_root/cgroup.controllers" &&
			{ grep -qw memory "$cap_root/cgroup.subtree_control" ||
			  echo +memory > "$cap_root/cgroup.subtree_control"; } 2>/dev/null || {
			echo "density: no memory controller of cgroups is mounted and free to use" >&2
			return 1
		}
	fi
	cap=$cap_root/$cap_name
	if [ -s "$cap/cgroup.procs" ] && [ -n "$(cat "$cap/cgroup.procs")" ]; then
		echo "density: another run is under way: $cap has processes" >&2
		return 1
	fi
	cap_remove
	{ mkdir "$cap" && cap_limit 16 0 && cap_remove; } 2>/dev/null || {
		echo "density: $cap_root is not writable; as root, with memory cgroups?" >&2
		return 1
	}
}

# usage: cap_limit MiB SWAP-MiB
cap_limit()
{
	if [ $cap_v = 1 ]; then
		echo "$1M" > "$cap/memory.limit_in_bytes"
		# The count of what that refuses is not kept by newer kernels, so
		# memory has to come to its limit first. Not there without swap.
		[ ! -e "$cap/memory.memsw.limit_in_bytes" ] ||
			echo "$(($1 + $2 + 16))M" > "$cap/memory.memsw.limit_in_bytes"
		[ "$2" != 0 ] || echo 0 > "$cap/memory.swappiness"
	else
		echo "$1M" > "$cap/memory.max"
		[ ! -e "$cap/memory.swap.max" ] || echo "$2M" > "$cap/memory.swap.max"
	fi
}

# usage: cap_make MiB SWAP-MiB
cap_make()
{
	mkdir "$cap"
	cap_limit "$1" "$2"
}

# MiB that the group holds.
cap_held()
{
	[ $cap_v = 1 ] && set -- memory.usage_in_bytes || set -- memory.current
	echo $(($(cat "$cap/$1") >> 20))
}

# MiB that it has held at most.
cap_peak()
{
	[ $cap_v = 1 ] && set -- memory.max_usage_in_bytes || set -- memory.peak
	echo $(($(cat "$cap/$1") >> 20))
}

# Charges that the limit refused.
cap_refused()
{
	if [ $cap_v = 1 ]; then
		cat "$cap/memory.failcnt"
	else
		awk '$1 == "max" { print $2 }' "$cap/memory.events"
	fi
}

# Processes that the kernel killed for want of memory.
cap_killed()
{
	[ $cap_v = 1 ] && set -- memory.oom_control || set -- memory.events
	awk '$1 == "oom_kill" { print $2 }' "$cap/$1"
}

# MiB of swap that the group uses.
cap_swapped()
{
	if [ $cap_v = 1 ]; then
		awk '$1 == "swap" { swap = $2 } END { printf "%d\n", swap / 1048576 }' "$cap/memory.stat"
	else
		awk '{ print int($1 / 1048576) }' "$cap/memory.swap.current"
	fi
}

# The group goes once its last process is gone.
cap_remove()
{
	[ -d "$cap" ] || return 0
	for try in $(seq 100); do
		! rmdir "$cap" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "density: $cap is left, it has processes: $(tr '\n' ' ' < "$cap/cgroup.procs")" >&2
	return 1
}

# usage: swap_on FILE MiB	fails where the machine does not allow it
# It is used before any other swap there may be.
swap_on()
{
	swap_off "$1" || return 1
	fallocate -l "$2M" "$1" && chmod 600 "$1" && mkswap "$1" > /dev/null &&
		swapon -p 32767 "$1" && return
	rm -f "$1"
	return 1
}

# usage: swap_off FILE
swap_off()
{
	[ -f "$1" ] || return 0
	if grep -qF "$(readlink -f "$1") " /proc/swaps && ! swapoff "$1"; then
		echo "density: $1 is left, it is used as swap" >&2
		return 1
	fi
	rm -f "$1"
}
