#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Installs from Debian what building and booting guests needs, if it is not
# there. KSRC of one's own makes its package unnecessary.
#
# usage: deps.sh [qemu]		qemu: what building QEMU needs, too
set -eu

packages="gcc libc6-dev make patch perl python3 flex bison bc libelf-dev
	  libssl-dev cpio kmod xz-utils ccache sparse busybox-static
	  gnuplot-nox git qemu-utils e2fsprogs"
[ -n "${KSRC:-}" ] || packages="$packages linux-source-6.12"
# kunit.py starts the distribution's QEMU, whatever QEMU= says.
packages="$packages qemu-system-x86 seabios"
# To build QEMU.
[ "${1:-}" != qemu ] || packages="$packages dpkg-dev ninja-build python3-venv
	python3-tomli python3-distlib python3-setuptools libglib2.0-dev
	libpixman-1-dev libfdt-dev zlib1g-dev"

missing=
for package in $packages; do
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
	*' installed') ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "page_hinting: no apt-get here; install:$missing" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "page_hinting: as root, apt-get install$missing" >&2
	exit 1
fi
here=$(dirname "$0")
"$here"/step.sh "package lists" apt-get update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive "$here"/step.sh "packages:$missing" \
	apt-get install -y --no-install-recommends $missing
