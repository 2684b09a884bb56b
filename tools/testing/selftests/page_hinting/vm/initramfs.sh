#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Packs an initramfs of busybox and the given files: "init" becomes /init, the
# others go to /bin.
#
# usage: initramfs.sh OUT FILE...
set -eu

out=$1
shift
root=$(mktemp -d)
trap 'rm -rf "$root" "$out.new"' EXIT

# Not only for root, as mktemp has it.
chmod 755 "$root"
mkdir "$root/bin" "$root/dev"
mknod "$root/dev/console" c 5 1
cp /bin/busybox "$root/bin/"
for applet in $(/bin/busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
for file; do
	case $file in
	*/init) cp "$file" "$root/init" ;;
	*) cp --remove-destination "$file" "$root/bin/" ;;
	esac
done
(cd "$root" && find . | cpio --quiet -o -H newc) | gzip -1 > "$out.new"
mv "$out.new" "$out"
