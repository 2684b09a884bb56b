#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes and keeps up to date a QEMU tree that has the series for QEMU, as
# tree.sh does for the kernel: the source of Debian 13's package, which has
# Debian's own patches, with patches/qemu-10.0 and the files under qemu/.
#
# usage: series/qemu-tree.sh [-p] TREE	(from the top of the repository)
#
# -p leaves the source as it is, without our series.
set -eu

plain=
if [ "${1:-}" = -p ]; then
	plain=1
	shift
fi
tree=${1:?usage: series/qemu-tree.sh [-p] TREE}
patches=patches/qemu-10.0

. series/common.sh

downloads=$(series/qemu-download.sh)
dsc=$(ls "$downloads"/qemu_*.dsc)
origin=$(basename "$dsc")

# What the tree was made from; another source means another tree.
if [ "$(cat "$tree/.origin" 2>/dev/null)" != "$origin" ]; then
	rm -rf "$tree" "$tree.new" "$tree.pristine"
	mkdir -p "$(dirname "$tree")"
	trap 'rm -rf "$tree.new"; exit 1' INT TERM HUP
	dpkg-source -q -x "$dsc" "$tree.new"
	echo "$origin" > "$tree.new/.origin"
	mv "$tree.new" "$tree"
	trap - INT TERM HUP
fi

version=$(cat "$tree/VERSION")
case $version in
10.0.*) ;;
*) die "the source is QEMU $version; the series is for 10.0.x" ;;
esac
[ -z "$plain" ] || exit 0

patch_tree $patches "$tree" "QEMU $version"
(cd qemu && git ls-files --cached --others --exclude-standard) |
	copy_files qemu "$tree"
