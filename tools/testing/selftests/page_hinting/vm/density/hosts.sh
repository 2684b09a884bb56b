#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The fleet on paper: from the measured figures, how many guests of a size and
# a duty a host holds, or a thousand hosts do. Prints reStructuredText with
# the assumptions.
#
# usage: hosts.sh DIRECTORY [HOST-GiB GUEST-GiB PROGRAM-GiB DUTY-% SPELL-SECONDS]
#
# The directory is that of density.sh, or Documentation/page_hinting. The duty
# is the share of its time that a guest holds its program's memory, in spells
# of so many seconds each. Without these a choice of them.
set -eu

dir=$1
shift

cat <<'END'
A fleet on paper
================

How many guests a host holds, computed from the measurements above by
``tools/testing/selftests/page_hinting/vm/density/hosts.sh``, which takes a
host, a guest and a duty of your own, too. It assumes:

* 95 % of the host's memory is for guests, none of it is swapped, and CPUs are
  not what is short.
* An idle guest takes what it was measured to take (``idle-MiB``), and a 64th
  of what it is larger than the measured one: its kernel has to describe it.
* A guest that works takes its program's memory beyond that. It works in spells
  of so many seconds, for the share of its time that is called the duty.
* After each spell the memory stays at the host for as long as was measured
  (``held-s``). With neither, or where ``held-s`` is "-", it stays for ever.
* Guests work independently of each other. The host holds so many that what
  they take together passes its memory in one moment of a thousand only: the
  mean and three standard deviations.
* A thousand hosts hold a thousand times as many: each is filled on its own.

END

# usage: held_by DIRECTORY ARM	idle MiB, seconds a freed MiB stays
held_by()
{
	awk -F '\t' -v arm="$2" '
		$1 == "variant" { for (i = 1; i <= NF; i++) column[$i] = i }
		$2 == arm { print $column["idle-MiB"], $column["held-s"]; exit }' "$1/fit.tsv"
}

# usage: guests HOST GUEST PROGRAM DUTY SPELL	a line of the table
guests()
{
	awk -v host="$1" -v guest="$2" -v program="$3" -v duty="$4" -v spell="$5" \
	    -v base="$idle_hinting" -v measured="$measured" \
	    -v idle_reporting="$idle_reporting" -v held_reporting="$held_reporting" \
	    -v idle_hinting="$idle_hinting" -v held_hinting="$held_hinting" '
		function fits(idle, held,   p, n, mean, sigma, memory) {
			memory = host * 1024 * 0.95
			# The share of time that a guest holds the memory.
			p = held == "-" ? 1 : duty / 100 * (spell + held) / spell
			if (p >= 1) {
				p = 1
				idle = base
			}
			idle += (guest * 1024 - measured) / 64
			for (n = 1; ; n++) {
				mean = n * p
				sigma = sqrt(n * p * (1 - p))
				# No more than all of them can work.
				busy = mean + 3 * sigma
				if (busy > n) busy = n
				if (n * idle + busy * program * 1024 > memory) return n - 1
			}
		}
		BEGIN {
			none = fits(base, "-")
			reporting = fits(idle_reporting, held_reporting)
			hinting = fits(idle_hinting, held_hinting)
			printf "%8s %9s %11s %6s %7s %9d %10d %8d %22d\n", host, guest, program,
			       duty, spell, none, reporting, hinting, hinting * 1000
		}'
}

if [ ! -f "$dir/fit.tsv" ]; then
	echo "Not measured yet."
	exit 0
fi
measured=$(awk -F '\t' '/^[0-9]/ { print $1 + 0; exit }' "$dir/fit.tsv")
# shellcheck disable=SC2046
set -- "$@" -- $(held_by "$dir" reporting) $(held_by "$dir" hinting)
own=
while [ "$1" != -- ]; do
	own="$own $1"
	shift
done
idle_reporting=$2 held_reporting=$3 idle_hinting=$4 held_hinting=$5

echo "Measured: an idle guest of $measured MiB takes $idle_reporting MiB with page reporting,"
echo "$idle_hinting MiB with hinting; a freed MiB stays for $held_reporting and $held_hinting seconds."
echo "::"
echo
{
	printf '%8s %9s %11s %6s %7s %9s %10s %8s %22s\n' host-GiB guest-GiB program-GiB \
		duty-% spell-s neither reporting hinting hinting,-1000-hosts
	if [ -n "$own" ]; then
		# shellcheck disable=SC2086
		guests $own
	else
		for host in 64 256; do
			for duty in 1 5 20 50; do
				for spell in 10 60; do
					guests $host 5 4 $duty $spell
				done
			done
			guests $host 2 1 5 10
			guests $host 16 12 5 60
		done
	fi
} | sed 's/^/    /'
