#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Fetches what a Debian source package has from upstream, from where this
# machine gets its packages, and leaves the machine's own sources alone. Keeps
# it in the cache.
#
# usage: source.sh PACKAGE	prints the archive's path
set -eu

package=$1
kept=${XDG_CACHE_HOME:-$HOME/.cache}/page-hinting/source

archive()
{
	find "$kept" -maxdepth 1 -name "${package}_*.orig.tar.*" ! -name '*.asc' | sed 1q
}

mkdir -p "$kept"
if [ -z "$(archive)" ]; then
	root=$(mktemp -d "$kept/fetch.XXXXXX")
	trap 'rm -rf "$root"' EXIT
	trap 'exit 130' INT TERM HUP
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
	# shellcheck disable=SC2016
	apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | sort -u > "$root/sources.list"
	# As root: apt's own user could not write here.
	set -- -q -oDir::Etc::sourcelist="$root/sources.list" \
		-oDir::Etc::sourceparts=/dev/null -oDir::State::lists="$root/lists" \
		-oDir::Cache="$root/cache" -oAPT::Sandbox::User=root
	(apt-get "$@" update && cd "$root" &&
		apt-get "$@" source --download-only --only-source "$package") >&2
	mv "$root/${package}_"*.orig.tar.* "$kept/"
fi
archive
