#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Makes and keeps up to date a kernel tree that has the series: unpacks the
# distribution's Linux 6.12 source (or copies KSRC), applies patches/linux-6.12
# and copies the series' own files over. Touches only what differs, so that
# the next build is an incremental one.
#
# usage: series/tree.sh TREE	(from the top of the repository)
set -eu

tree=${1:?usage: series/tree.sh TREE}
patches=patches/linux-6.12
tarball=/usr/src/linux-source-6.12.tar.xz

. series/common.sh

# What the tree was made from; another source means another tree.
if [ -n "${KSRC:-}" ]; then
	[ -f "$KSRC/mm/page_reporting.c" ] || die "KSRC=$KSRC is no kernel tree"
	origin="KSRC=$(cd "$KSRC" && pwd)"
else
	[ -f $tarball ] || die "no $tarball; install linux-source-6.12 or give KSRC=DIR"
	origin="$tarball $(stat -c '%s %Y' $tarball)"
fi

if [ "$(cat "$tree/.origin" 2>/dev/null)" != "$origin" ]; then
	rm -rf "$tree" "$tree.new" "$tree.pristine"
	mkdir -p "$tree.new"
	trap 'rm -rf "$tree.new"; exit 1' INT TERM HUP
	if [ -n "${KSRC:-}" ]; then
		(cd "$KSRC" && tar cf - --exclude=./.git --exclude='*.o' .) |
			tar xf - -C "$tree.new"
		make -s -C "$tree.new" mrproper
	else
		tar xf $tarball --strip-components=1 -C "$tree.new"
	fi
	echo "$origin" > "$tree.new/.origin"
	mv "$tree.new" "$tree"
	trap - INT TERM HUP
fi

version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$tree/Makefile" |
	paste -sd.)
case $version in
6.12.*) ;;
*) die "the source is Linux $version; the series is for 6.12.y" ;;
esac

patch_tree $patches "$tree" "Linux $version"

git ls-files --cached --others --exclude-standard \
	mm include drivers Documentation tools |
	grep -v -e /vm/ -e ^Documentation/page_hinting/ | copy_files . "$tree"
