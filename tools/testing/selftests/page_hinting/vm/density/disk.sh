#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: runs a command in the root file system on the first disk, which
# stays as it is; what is written goes to the second, at /work.
#
# usage: disk.sh COMMAND...
set -eu

mkdir -p /disk
mount -t ext2 -o ro /dev/vda /disk
mount -t ext2 /dev/vdb /disk/work
mount -t proc proc /disk/proc
mount -t devtmpfs dev /disk/dev
mount -t tmpfs tmp /disk/tmp
export PATH=/usr/bin:/bin
exec chroot /disk "$@"
