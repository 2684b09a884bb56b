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

die()
{
	echo "$0: $*" >&2
	exit 1
}

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

# The unchanged file is kept beside the tree, to start from when a diff changes.
pristine=$tree.pristine
new=$tree.file
find $patches -name '*.diff' | sort | while read -r diff; do
	file=${diff#"$patches"/}
	file=${file%.diff}
	if ! [ -f "$pristine/$file" ]; then
		mkdir -p "$pristine/$(dirname "$file")"
		cp "$tree/$file" "$pristine/$file"
	fi
	cp "$pristine/$file" "$new"
	if ! patch -s -F0 --no-backup-if-mismatch -r - "$new" "$diff"; then
		rm -f "$new"
		die "$diff does not apply to Linux $version; it has to be made anew for it"
	fi
	cmp -s "$new" "$tree/$file" || cp "$new" "$tree/$file"
	rm -f "$new"
done

git ls-files --cached --others --exclude-standard \
	mm include drivers Documentation tools |
	grep -v -e /vm/ -e ^Documentation/page_hinting/ | while read -r file; do
	[ -f "$file" ] || continue
	cmp -s "$file" "$tree/$file" && continue
	mkdir -p "$tree/$(dirname "$file")"
	# Not with its time: what is older than its object would not be built.
	cp "$file" "$tree/$file"
done
