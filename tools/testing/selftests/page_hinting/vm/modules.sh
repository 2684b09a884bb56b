#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds the tests' own modules for a guest kernel, and the balloon's driver as
# one, and an initramfs that has them in /lib: OUT/modules/initramfs.gz, for guest.sh's INITRD.
#
# usage: modules.sh TREE OUT	(as kernel.sh, from the top; OUT is built)
set -eu

here=$(dirname "$0")
tree=$1
full=$(cd "$2" && pwd)
modules=$full/modules

mkdir -p "$modules/root/lib"
# Tests that run at the same time want the same.
exec 9> "$modules/lock"
flock 9
# External modules are built where they are.
cp -u "$here"/modules/*.c "$tree"/drivers/virtio/virtio_balloon.c \
	"$tree"/drivers/virtio/virtio_page_hinting.h "$modules/"
{
	(cd "$here"/modules && ls ./*.c) | sed 's,^./\(.*\)c$,obj-m += \1o,'
	echo "obj-m += virtio_balloon.o"
	# The kernel's own can be kept from starting by its name, and not this one.
	echo "CFLAGS_virtio_balloon.o := -Dvirtio_balloon_driver=virtio_balloon_module"
} > "$modules/Kbuild"
# All that a module may use is in vmlinux; this is what it exports.
cp "$full/vmlinux.symvers" "$full/Module.symvers"
make -s -C "$tree" O="$full" CC="ccache gcc" HOSTCC="ccache gcc" modules_prepare
make -s -C "$tree" O="$full" CC="ccache gcc" HOSTCC="ccache gcc" M="$modules" modules
cp "$modules"/*.ko "$modules/root/lib/"
{
	cat build/guest/initramfs.gz
	(cd "$modules/root" && find . | cpio --quiet -o -H newc) | gzip -1
} > "$modules/initramfs.gz.new"
mv "$modules/initramfs.gz.new" "$modules/initramfs.gz"
