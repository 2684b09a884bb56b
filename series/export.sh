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

# The measured figures, from the measurement: variant, arm, column.
median()
{
	awk -F '\t' -v variant="$1" -v arm="$2" -v column="$3" '
		$1 == variant && $2 == arm { print ($column == "-" ? 1e9 : $column) }' \
		Documentation/page_hinting/release.tsv |
		sort -g | awk '{ t[NR] = $1 }
			END { m = t[int((NR + 1) / 2)]
			      print (m < 1e9 ? sprintf("%.2f s", m) : "-     ") }'
}
subject=$(sed 1q series/cover-letter.txt)
sed 1,2d series/cover-letter.txt > "$work/blurb"
for arm in reporting hinting; do
	for pages in always never; do
		for column in 5 6; do
			sed -i "s/@$arm-$pages-$column@/$(median "1024 munmap $pages" $arm $column)/" \
				"$work/blurb"
		done
	done
done
write_patches "$work" "$out" "$subject" "$work/blurb"
