# SPDX-License-Identifier: GPL-2.0
# Our kernel files: no warning by W=1 and sparse, none by kernel-doc; the
# references in our documents lead somewhere; our scripts are valid.
#
# alone: it makes objects of the kernel anew that others use
set -eu

tree=build/source/linux-6.12
obj=$(pwd)/build/linux-6.12
failed=0

rm -f "$obj"/mm/page_hinting/*.o "$obj"/drivers/virtio/virtio_page_hinting.o \
	"$obj"/drivers/virtio/virtio_balloon.o
make -s -C $tree O="$obj" CC="ccache gcc" HOSTCC="ccache gcc" W=1 C=1 -j3 \
	mm/page_hinting/ drivers/virtio/ > "$out/lint.build" 2>&1 || failed=1
if grep -E 'page_hinting.*(warning|error)|virtio_balloon.*(warning|error)' "$out/lint.build"; then
	failed=1
fi

ours=$(git ls-files --cached --others --exclude-standard mm include drivers | sed "s,^,$tree/,")
# shellcheck disable=SC2086
perl $tree/scripts/kernel-doc -none -Werror $ours || failed=1

# It looks at what git knows, so that has to be all that is ours in the tree.
trap 'rm -rf "$tree/.git"' EXIT
trap 'exit 130' INT TERM HUP
git init -q $tree
# Joined, for there is no "set -e" before "||".
{
	git ls-files --cached --others --exclude-standard mm include drivers \
		Documentation tools/testing/selftests/page_hinting |
		(cd $tree && xargs ls 2>/dev/null) | xargs git -C $tree add -f &&
		(cd $tree && git grep -q Documentation/ &&
		 perl scripts/documentation-file-ref-check)
} > "$out/lint.references" 2>&1 || failed=1
if grep page_hinting "$out/lint.references"; then
	failed=1
fi

for script in "$vm"/*.sh "$vm"/guest/*.sh "$vm"/density/*.sh "$vm"/tests*/*.sh \
	      series/*.sh .ci/run; do
	sh -n "$script" || failed=1
done

for file in $(git ls-files --cached --others --exclude-standard); do
	case $file in
	patches/*|*.diff|*.msg|series/*cover-letter.txt|.gitignore|*.tsv|*.svg|\
	Documentation/ABI/*) continue ;;
	esac
	head -n 5 "$file" | grep -q SPDX-License-Identifier ||
		{ echo "$file: no SPDX line"; failed=1; }
done
[ $failed = 0 ] && echo "clean"
exit $failed
