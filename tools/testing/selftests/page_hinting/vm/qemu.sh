#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds QEMU out of tree: what our guests and its own tests need, no more.
#
# usage: qemu.sh TREE OUT "TARGET..." [OPTION OF configure]...
#
# The targets are ninja's. ccache is set up by the Makefile.
set -eu

here=$(dirname "$0")
out=$2
targets=$3
mkdir -p "$out"
# A relative path, so that ccache knows the same file of another tree.
tree=$(realpath --relative-to="$out" "$1")
shift 3

tools=$(series/qemu-download.sh)/tools/usr
export PATH="$tools/bin:$PATH" PYTHONPATH="$tools/lib/python3/dist-packages"

set -- --cc="ccache gcc" --python=/usr/bin/python3 \
	--target-list=x86_64-softmmu --without-default-features \
	--enable-system --enable-tcg --enable-kvm --enable-fdt=system \
	--disable-docs --disable-install-blobs "$@"

configured="$tree $(cat "$out/$tree/.origin") $*"
if [ "$(cat "$out/.configured" 2>/dev/null)" != "$configured" ]; then
	rm -rf "$out"
	mkdir -p "$out"
	# shellcheck disable=SC2016
	"$here"/step.sh "QEMU $out: configure" \
		sh -c 'cd "$0" && exec "$@"' "$out" "$tree/configure" "$@"
	# The source has no firmware; this is where QEMU looks for it.
	ln -sf /usr/share/seabios/*.bin /usr/share/qemu/*.bin \
		"$out"/qemu-bundle/usr/local/share/qemu/
	echo "$configured" > "$out/.configured"
fi
# shellcheck disable=SC2086
"$here"/step.sh "QEMU $out" \
	ninja -C "$out" -j $(($(nproc) + 1)) $targets
