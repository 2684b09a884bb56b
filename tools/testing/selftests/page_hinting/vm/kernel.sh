#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds a guest kernel out of tree: tinyconfig plus configuration fragments.
#
# usage: kernel.sh TREE OUT FRAGMENT...
set -eu

here=$(dirname "$0")
tree=$1
out=$2
shift 2
jobs=$(($(nproc) + 1))
mkdir -p "$out"
full=$(cd "$out" && pwd)

# Anew when the fragments are newer, or the tree has new options.
cat "$@" "$tree"/mm/page_hinting/Kconfig > "$full/.fragments.new"
if ! cmp -s "$full/.fragments.new" "$full/.fragments"; then
	rm -f "$full/.config"
	make -s -C "$tree" O="$full" tinyconfig > "$full/config.log" 2>&1 ||
		{ cat "$full/config.log"; exit 1; }
	"$tree"/scripts/kconfig/merge_config.sh -m -O "$full" "$full/.config" \
		"$@" > "$full/config.log"
	make -s -C "$tree" O="$full" olddefconfig
	# What a fragment asks for and does not get is a mistake in it.
	sed -n 's/^\(CONFIG_[A-Z0-9_a-z]*\)=/\1 /p' "$@" |
		awk '{ last[$1] = $2 } END { for (o in last) print o, last[o] }' |
		while read -r option value; do
			case $value in
			n) ! grep -q "^$option=" "$full/.config" ;;
			*) grep -qx "$option=$value" "$full/.config" ;;
			esac || echo "$option is not $value"
		done > "$full/config.log"
	if [ -s "$full/config.log" ]; then
		cat "$full/config.log" >&2
		exit 1
	fi
	mv "$full/.fragments.new" "$full/.fragments"
fi
rm -f "$full/.fragments.new"

targets=vmlinux
# kunit.py boots the compressed image.
! grep -q '^CONFIG_KUNIT=y' "$full/.config" || targets="vmlinux bzImage"
# shellcheck disable=SC2086
"$here"/step.sh "kernel $out" make -s -C "$tree" O="$full" CC="ccache gcc" \
	HOSTCC="ccache gcc" -j $jobs $targets
