#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Judges what came back to the host, for a guest that has told by "@free" that it
# freed so many MiB. Less than 95 % by its end may be a busy host's fault: then
# the exit status is 75, see check.sh.
#
# usage: back.sh MIB SAMPLES OF vmrun
awk -v mib="$1" -f "$(dirname "$0")/curve.awk" "$2" |
	awk '{ print $2, "of", $1, "MiB back"; exit $2 >= $1 * 0.95 ? 0 : 75 }'
