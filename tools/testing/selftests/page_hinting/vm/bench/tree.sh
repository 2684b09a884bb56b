#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The series' kernel tree with page_reporting.diff on top.
#
# usage: tree.sh TREE	(from the top of the repository)
set -eu

tree=$1
series/tree.sh "$tree"
grep -q delay_ms "$tree/mm/page_reporting.c" ||
	patch -s -p1 --no-backup-if-mismatch -r - -d "$tree" \
		< "$(dirname "$0")/page_reporting.diff" || {
	echo "page_reporting.diff does not apply to this kernel" >&2
	exit 1
}
