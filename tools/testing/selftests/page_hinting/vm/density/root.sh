#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Packs a disk for a guest that works: Debian's compiler as it is installed here,
# busybox for the rest, a large C file of duktape's, a tree of small files, which is a
# part of the kernel's, and the jobs.
#
# usage: root.sh OUT DUKTAPE-ARCHIVE	(from the top of the repository)
set -eu

out=$1
archive=$2
here=$(dirname "$0")
root=$(mktemp -d)
trap 'rm -rf "$root" "$out.new"' EXIT
trap 'exit 130' INT TERM HUP

mkdir -p "$root/usr/bin" "$root/proc" "$root/dev" "$root/tmp" "$root/work"
# A merged /usr stays one.
for name in bin sbin lib lib64; do
	[ ! -L /$name ] || { mkdir -p "$root/usr/$name"; ln -s usr/$name "$root/$name"; }
done
mkdir -p "$root/bin"

# The packages with all that they depend on, and what of it is for people.
apt-cache depends --recurse --installed --no-recommends --no-suggests \
	--no-conflicts --no-breaks --no-replaces --no-enhances gcc libc6-dev |
	grep '^[a-z0-9]' | sort -u > "$root/packages"
# shellcheck disable=SC2046
dpkg -L $(dpkg-query -W -f '${binary:Package}\t${db:Status-Status}\n' $(cat "$root/packages") 2>/dev/null |
	awk '$2 == "installed" { print $1 }') | sort -u |
	grep -v -E '^/usr/share/|lib(asan|tsan|ubsan|lsan)|/lto1|/lto-wrapper|^/var/|^/etc/' |
	while read -r file; do
		[ ! -L "$file" ] && [ -d "$file" ] || printf '%s\n' "${file#/}"
	done > "$root/files"
tar -C / -cf - -T "$root/files" | tar -C "$root" --keep-directory-symlink -xf -
rm "$root/packages" "$root/files"

cp /bin/busybox "$root/bin/"
for applet in $(/bin/busybox --list); do
	[ -e "$root/bin/$applet" ] || [ -e "$root/usr/bin/$applet" ] ||
		ln -s busybox "$root/bin/$applet"
done
tar -C "$root" -xJf "$archive" --strip-components=1 --wildcards '*/src/*.[ch]'
tar -C build/source/linux-6.12 -cf "$root/tree.tar" fs include kernel lib mm
cp "$here/job.sh" "$root/"
cp build/guest/bin/farm "$root/bin/"

mib=$(($(du -sm "$root" | cut -f 1) * 5 / 4 + 16))
rm -f "$out.new"
mke2fs -q -t ext2 -d "$root" "$out.new" "${mib}M" > /dev/null
mv "$out.new" "$out"
