# SPDX-License-Identifier: GPL-2.0
#
# In the guest, to be sourced: marks for the host that watches, and the time.

say()
{
	echo
	echo "@$*"
}

milliseconds()
{
	awk '{ print int($1 * 1000) }' /proc/uptime
}
