# SPDX-License-Identifier: GPL-2.0
#
# What the kernel's series and QEMU's have in common; tree.sh and export.sh
# read it. A series has its edits to existing files in a folder of diffs, its
# own files somewhere whole, and its messages NNNN-*.msg, each with the files
# that its patch has ("File: PATH"), in another.

die()
{
	echo "$0: $*" >&2
	exit 1
}

# The files that the diffs of a folder are for.
patched_files()
{
	find "$1" -name '*.diff' | sed "s,^$1/,,; s,\.diff\$,," | sort
}

# usage: patch_tree PATCHES TREE NAME
#
# NAME is what to call the source. The unchanged file is kept beside the tree,
# to start from when a diff changes.
patch_tree()
{
	pristine=$2.pristine
	new=$2.file
	patched_files "$1" | while read -r file; do
		if ! [ -f "$pristine/$file" ]; then
			mkdir -p "$pristine/$(dirname "$file")"
			cp "$2/$file" "$pristine/$file"
		fi
		cp "$pristine/$file" "$new"
		if ! patch -s -F0 --no-backup-if-mismatch -r - "$new" "$1/$file.diff"; then
			rm -f "$new"
			die "$1/$file.diff does not apply to $3; it has to be made anew for it"
		fi
		cmp -s "$new" "$2/$file" || cp "$new" "$2/$file"
		rm -f "$new"
	done
}

# usage: copy_files FROM TREE	(the files' names on stdin)
copy_files()
{
	while read -r file; do
		[ -f "$1/$file" ] || continue
		cmp -s "$1/$file" "$2/$file" && continue
		mkdir -p "$2/$(dirname "$file")"
		# Not with its time: what is older than its object would not be built.
		cp "$1/$file" "$2/$file"
	done
}

# Who sends it: whoever made the last commit here.
set_sender()
{
	name=$(git log -1 --format=%an)
	email=$(git log -1 --format=%ae)
	export GIT_AUTHOR_NAME="$name" GIT_AUTHOR_EMAIL="$email"
	export GIT_COMMITTER_NAME="$name" GIT_COMMITTER_EMAIL="$email"
	GIT_AUTHOR_DATE=$(git log -1 --format=%aI)
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
}

# usage: check_files MESSAGES	(the series' files on stdin)
# No file of ours without a patch, none in two.
check_files()
{
	listed=$(mktemp)
	cat "$1"/*.msg | sed -n 's/^File: //p' | sort > "$listed"
	sort | diff - "$listed" > "$listed.diff" ||
		die "files (<) and what $1/*.msg list (>) differ: $(cat "$listed.diff"; rm -f "$listed" "$listed.diff")"
	rm -f "$listed" "$listed.diff"
}

# usage: begin_repository WORK PATCHES PRISTINE MESSAGE
# A repository of nothing but the files that are edited.
begin_repository()
{
	git init -q -b base "$1"
	patched_files "$2" | while read -r file; do
		mkdir -p "$1/$(dirname "$file")"
		cp "$3/$file" "$1/$file"
	done
	git -C "$1" add -A
	git -C "$1" commit -q -m "$4"
}

# usage: commit_patch WORK PATCHES FROM MESSAGE-FILE [COMMAND]
# COMMAND may add to the commit.
commit_patch()
{
	sed -n 's/^File: //p' "$4" | while read -r file; do
		mkdir -p "$1/$(dirname "$file")"
		if [ -f "$2/$file.diff" ]; then
			patch -s -F0 --no-backup-if-mismatch "$1/$file" \
				"$2/$file.diff"
		else
			cp "$3/$file" "$1/$file"
		fi
		git -C "$1" add -f "$file"
	done
	${5:-:} "$4"
	sed '/^File: /d' "$4" | sed '1{/^$/d}' |
		git -C "$1" commit -q -s -F -
}

# usage: grow_maintainers WORK PATCHES PRISTINE
# MAINTAINERS grows with the series: at each patch it has those of our files
# that there are by then.
grow_maintainers()
{
	cp "$3/MAINTAINERS" "$1/MAINTAINERS"
	patch -s -F0 --no-backup-if-mismatch "$1/MAINTAINERS" \
		"$2/MAINTAINERS.diff"
	sed -n 's/^+F:[	 ]*//p' "$2/MAINTAINERS.diff" | while read -r file; do
		# shellcheck disable=SC2086
		! ls -d "$1"/$file > /dev/null 2>&1 || continue
		grep -vxF -e "F:	$file" -e "F: $file" "$1/MAINTAINERS" > "$1.new"
		mv "$1.new" "$1/MAINTAINERS"
	done
	git -C "$1" add MAINTAINERS
}

# usage: write_patches WORK OUT SUBJECT BLURB [OPTION OF format-patch...]
write_patches()
{
	from=$1
	to=$2
	subject=$3
	blurb=$4
	shift 4
	rm -rf "$to"
	mkdir -p "$to"
	full=$(cd "$to" && pwd)
	git -C "$from" format-patch -q --cover-letter -o "$full" "$@" \
		"$(git -C "$from" rev-list --max-parents=0 HEAD)"..HEAD
	sed -i -e "s|\*\*\* SUBJECT HERE \*\*\*|$subject|" \
		-e "/\*\*\* BLURB HERE \*\*\*/{r $blurb
d}" "$full"/0000-cover-letter.patch
	ls "$to"
}
