# SPDX-License-Identifier: GPL-2.0
#
# In the guest, to be sourced: marks for the host that watches, the time, memory.

say()
{
	echo
	echo "@$*"
}

# usage: has_freed PID	it says that it frees before it has done so
has_freed()
{
	[ ! -d "/proc/$1" ] || awk '/^VmRSS:/ { kib = $2 } END { exit kib > 16384 }' "/proc/$1/status"
}

# KiB that the guest has, without what the balloon took.
total()
{
	awk '/^MemTotal:/ { print $2 }' /proc/meminfo
}

milliseconds()
{
	awk '{ print int($1 * 1000) }' /proc/uptime
}
