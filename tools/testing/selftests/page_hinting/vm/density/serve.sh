#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: a file server whose files are in the page cache. Makes one on the
# disk and reads it again and again.
#
# Prints "@served KIB MILLISECONDS".
#
# usage: serve.sh MiB SECONDS
set -eu

# shellcheck source=../guest/common.sh
. common.sh

mkdir -p /srv
mount -t ext2 /dev/vda /srv
dd if=/dev/zero of=/srv/file bs=1M count="$1" 2> /dev/null
cat /srv/file > /dev/null
begin=$(milliseconds)
now=$begin passes=0
while [ $((now - begin)) -lt $(($2 * 1000)) ]; do
	cat /srv/file > /dev/null
	passes=$((passes + 1))
	now=$(milliseconds)
done
say "served $((passes * $1 * 1024)) $((now - begin))"
