#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Writes the series for QEMU as mailable patches, as export.sh does for the
# kernel's: series/qemu/NNNN-*.msg are the patches, a file is taken whole from
# qemu/, or is an edit from patches/qemu-10.0.
#
# usage: series/qemu-export.sh OUT	(from the top of the repository)
set -eu

out=${1:?usage: series/qemu-export.sh OUT}
patches=patches/qemu-10.0
tree=build/source/qemu-10.0
messages=series/qemu

. series/common.sh

series/qemu-tree.sh $tree
set_sender
{
	patched_files $patches | grep -v '^MAINTAINERS$'
	(cd qemu && git ls-files --cached --others --exclude-standard)
} | check_files $messages

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
begin_repository "$work" $patches $tree.pristine "QEMU $(cat $tree/VERSION)"
maintainers()
{
	grow_maintainers "$work" $patches $tree.pristine
}

for message in "$messages"/*.msg; do
	commit_patch "$work" $patches qemu "$message" maintainers
done
sed 1,2d $messages/cover-letter.txt > "$work/blurb"
write_patches "$work" "$out" "$(sed 1q $messages/cover-letter.txt)" "$work/blurb"
