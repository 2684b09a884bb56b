# SPDX-License-Identifier: GPL-2.0
# The exported series applies with git am to the pristine source, each patch
# passes that source's checkpatch --strict, and each step builds.
set -eu

top=$(pwd)
series/export.sh build/series

# The pristine source again, with as much in git as the series touches.
tree=$top/build/source/series
obj=$top/build/series-objects
rm -rf "$tree" "$obj"
trap 'rm -rf "$tree" "$obj"' EXIT
KSRC=${KSRC:-}
mkdir -p "$tree" "$obj"
if [ -n "$KSRC" ]; then
	(cd "$KSRC" && tar cf - --exclude=./.git --exclude='*.o' .) | tar xf - -C "$tree"
else
	tar xf /usr/src/linux-source-6.12.tar.xz --strip-components=1 -C "$tree"
fi
git -C "$tree" init -q
git -C "$tree" config user.name series
git -C "$tree" config user.email series@localhost
git -C "$tree" add -f mm include/linux include/trace drivers/virtio MAINTAINERS \
	Documentation/mm Documentation/admin-guide Documentation/ABI/testing \
	tools/testing/selftests/Makefile
git -C "$tree" commit -q -m pristine

make -s -C "$tree" O="$obj" tinyconfig
"$tree"/scripts/kconfig/merge_config.sh -m -O "$obj" "$obj/.config" \
	"$vm/kernel.config" "$vm/checked.config" "$vm/debug.config" > /dev/null

for patch in "$top"/build/series/0*.patch; do
	case $patch in
	*0000-cover-letter.patch)
		! grep -n '\*\*\*' "$patch"
		continue
		;;
	esac
	echo "== $(basename "$patch")"
	git -C "$tree" am -q "$patch"
	# Its status counts the checks, too, which TRACE_EVENT() fails by nature.
	(cd "$tree" && ./scripts/checkpatch.pl --strict "$patch") > "$out/series.checkpatch" || true
	if ! grep -q '^total: 0 errors, 0 warnings' "$out/series.checkpatch"; then
		cat "$out/series.checkpatch"
		exit 1
	fi
	make -s -C "$tree" O="$obj" olddefconfig
	make -s -C "$tree" O="$obj" CC="ccache gcc" HOSTCC="ccache gcc" W=1 \
		-j3 mm/ drivers/virtio/ 2> "$out/series.warnings" ||
		{ cat "$out/series.warnings"; exit 1; }
	# Of W=1's warnings those in what the series touches count.
	! grep -A3 -E 'page_hinting|virtio_balloon' "$out/series.warnings"
done
echo "$(ls build/series/*.patch | wc -l) files: apply, pass checkpatch, build"
