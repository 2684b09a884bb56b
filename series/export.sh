#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Writes the series as mailable patches: series/NNNN-*.msg are the patches in
# their order, each with the files that it has and its message; a file is
# taken whole from the repository, or is an edit from patches/linux-6.12.
#
# usage: series/export.sh OUT	(from the top of the repository)
set -eu

out=${1:?usage: series/export.sh OUT}
patches=patches/linux-6.12
tree=build/source/linux-6.12
bench=tools/testing/selftests/page_hinting/vm/bench

. series/common.sh

series/tree.sh $tree
version=$(make -s -C $tree kernelversion)

set_sender

# The harness under vm/ and the measurements are of this repository only.
{
	patched_files $patches | grep -v '^MAINTAINERS$'
	git ls-files --cached --others --exclude-standard \
		mm include drivers Documentation tools |
		grep -v -e /vm/ -e ^Documentation/page_hinting/
} | check_files series

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
begin_repository "$work" $patches $tree.pristine "Linux $version"

maintainers()
{
	! grep -q "^File: .*page_hinting" "$1" ||
		grow_maintainers "$work" $patches $tree.pristine
}

for message in series/*.msg; do
	commit_patch "$work" $patches . "$message" maintainers
done

# usage: seconds ARM PAGES SHARE	the measured figure, in six columns
seconds()
{
	echo 'END {
		printf "%-6s", text(median("release", "1024 munmap '"$2"'", "'"$1"'", "'"$3"'"),
				    "%.2f s")
	}' | awk -f $bench/tables.awk -f /dev/stdin Documentation/page_hinting/release.tsv
}
subject=$(sed 1q series/cover-letter.txt)
sed 1,2d series/cover-letter.txt > "$work/blurb"
for arm in reporting hinting; do
	for pages in always never; do
		for share in 90% 99%; do
			sed -i "s/@$arm-$pages-$share@/$(seconds $arm $pages $share)/" \
				"$work/blurb"
		done
	done
done
write_patches "$work" "$out" "$subject" "$work/blurb"
