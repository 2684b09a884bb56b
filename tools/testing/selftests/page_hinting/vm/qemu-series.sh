#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The exported series for QEMU applies with git am to the pristine source, and
# each patch passes that source's checkpatch without error and warning.
#
# usage: qemu-series.sh	(from the top of the repository)
set -eu

top=$(pwd)
tree=$top/build/source/qemu-series
patches=$top/build/qemu-series

rm -rf "$tree"
series/qemu-export.sh "$patches"
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM HUP
series/qemu-tree.sh -p $tree
cd $tree
git init -q
git config user.name series
git config user.email series@localhost
# What the patches touch, which is enough for git am.
sed -n 's,^--- a/,,p' "$patches"/0*.patch | sort -u | xargs git add -f
git commit -q -m pristine

for patch in "$patches"/0*.patch; do
	case $patch in
	*0000-cover-letter.patch)
		! grep -n '\*\*\*' "$patch"
		continue
		;;
	esac
	git am -q "$patch"
	said=$(perl scripts/checkpatch.pl --patch "$patch") || :
	echo "$said" | grep -q '^total: 0 errors, 0 warnings' ||
		{ echo "$said"; exit 1; }
done
# The tree that was built is the one that the patches make.
git diff --name-only HEAD~"$(ls "$patches"/000[1-9]* | wc -l)" | while read -r file; do
	cmp "$file" "$top/build/source/qemu-10.0/$file"
done
echo "$(ls "$patches"/*.patch | wc -l) files: apply, pass checkpatch"
