#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Downloads the source of Debian 13's QEMU, and meson and pycotap, for which
# Debian 12 is too old, from bookworm-backports; once, into the cache. apt
# does it in a root of its own, so that the system's apt sources stay as they
# are. meson and pycotap are unpacked and not installed.
#
# Prints the folder: qemu_*.dsc and what belongs to it, and tools/usr.
#
# usage: series/qemu-download.sh	(from anywhere)
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/page-hinting
downloads=$cache/qemu-10.0
keys=/usr/share/keyrings/debian-archive-keyring.gpg

if ! [ -d "$downloads" ]; then
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/qemu-10.0.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	trap 'exit 1' INT TERM HUP
	mkdir -p "$new/apt/lists/partial" "$new/apt/cache/archives/partial"
	# From where this machine has its Debian.
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' \
		'Created-By: Packages' | sed -n 's/ Debian$//p' | sed 1q)
	if [ -z "$mirror" ]; then
		echo "$0: apt knows no Debian mirror; run apt-get update" >&2
		exit 1
	fi
	cat > "$new/apt/sources.list" <<-EOF
	deb-src [signed-by=$keys] $mirror trixie main
	deb [signed-by=$keys] $mirror bookworm-backports main
	EOF
	apt()
	{
		apt-get -q -oDir::Etc::sourcelist="$new/apt/sources.list" \
			-oDir::Etc::sourceparts=/dev/null \
			-oDir::State::lists="$new/apt/lists" \
			-oDir::Cache="$new/apt/cache" \
			-oAcquire::Languages=none -oAPT::Sandbox::User=root "$@"
	}
	cd "$new"
	{
		apt update
		apt source --download-only qemu
		apt download meson python3-pycotap
		for package in ./*.deb; do
			dpkg -x "$package" tools
		done
	} >&2
	rm -rf apt ./*.deb
	chmod 755 .
	cd "$cache"
	mv "$new" "$downloads"
fi
echo "$downloads"
