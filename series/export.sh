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

die()
{
	echo "$0: $*" >&2
	exit 1
}

series/tree.sh $tree
version=$(make -s -C $tree kernelversion)

# Who sends it: whoever made the last commit here.
name=$(git log -1 --format=%an)
email=$(git log -1 --format=%ae)
export GIT_AUTHOR_NAME="$name" GIT_AUTHOR_EMAIL="$email"
export GIT_COMMITTER_NAME="$name" GIT_COMMITTER_EMAIL="$email"
GIT_AUTHOR_DATE=$(git log -1 --format=%aI)
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"

# No file of ours without a patch, none in two. The harness under vm/ and the
# measurements are of this repository only.
cat series/*.msg | sed -n 's/^File: //p' | sort > build/series.listed
{
	find $patches -name '*.diff' | sed "s,^$patches/,,; s,\.diff\$,," |
		grep -v '^MAINTAINERS$'
	git ls-files --cached --others --exclude-standard \
		mm include drivers Documentation tools |
		grep -v -e /vm/ -e ^Documentation/page_hinting/
} | sort > build/series.found
diff build/series.found build/series.listed > build/series.diff ||
	die "files (<) and what series/*.msg list (>) differ: $(cat build/series.diff)"
rm -f build/series.listed build/series.found build/series.diff

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git init -q -b base "$work"
find $patches -name '*.diff' | sed "s,^$patches/,,; s,\.diff\$,," |
	while read -r file; do
		mkdir -p "$work/$(dirname "$file")"
		cp "$tree.pristine/$file" "$work/$file"
	done
git -C "$work" add -A
git -C "$work" commit -q -m "Linux $version"

# Our entry in MAINTAINERS grows with the series: at each patch it has the
# files that there are by then.
maintainers()
{
	cp $tree.pristine/MAINTAINERS "$work/MAINTAINERS"
	patch -s -F0 --no-backup-if-mismatch "$work/MAINTAINERS" \
		$patches/MAINTAINERS.diff
	sed -n 's/^+F:\t//p' $patches/MAINTAINERS.diff | while read -r file; do
		# shellcheck disable=SC2086
		! ls -d "$work"/$file > /dev/null 2>&1 || continue
		grep -vxF "F:	$file" "$work/MAINTAINERS" > "$work.new"
		mv "$work.new" "$work/MAINTAINERS"
	done
	git -C "$work" add MAINTAINERS
}

for message in series/*.msg; do
	sed -n 's/^File: //p' "$message" | while read -r file; do
		mkdir -p "$work/$(dirname "$file")"
		if [ -f "$patches/$file.diff" ]; then
			patch -s -F0 --no-backup-if-mismatch "$work/$file" \
				"$patches/$file.diff"
		else
			cp -p "$file" "$work/$file"
		fi
		git -C "$work" add -f "$file"
	done
	! grep -q "^File: .*page_hinting" "$message" || maintainers
	sed '/^File: /d' "$message" | sed '1{/^$/d}' |
		git -C "$work" commit -q -s -F -
done

rm -rf "$out"
mkdir -p "$out"
full=$(cd "$out" && pwd)
git -C "$work" format-patch -q --cover-letter -o "$full" \
	"$(git -C "$work" rev-list --max-parents=0 HEAD)"..HEAD

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
sed -i -e "s|\*\*\* SUBJECT HERE \*\*\*|$subject|" \
	-e "/\*\*\* BLURB HERE \*\*\*/{r $work/blurb
d}" "$full"/0000-cover-letter.patch
ls "$out"
