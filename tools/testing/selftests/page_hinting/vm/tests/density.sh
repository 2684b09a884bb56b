# SPDX-License-Identifier: GPL-2.0
# Five guests fit with hinting where three or fewer fit without, at an eighth
# of the memory of make density; no refusal by the limit, nothing swapped,
# nothing killed. With swap beside, what hinting gives back is not swapped.
#
# alone: it measures, and needs memory
set -eu

density.sh -q fit memhog &
child=$!
trap 'kill $child; wait $child; exit 130' INT TERM HUP
wait $child || exit $?

# usage: figures WORKLOAD ARM COLUMN...	of each row of that arm
figures()
{
	table=build/density-quick/$1.tsv arm=$2
	shift 2
	awk -F '\t' -v arm="$arm" -v names="$*" '
		$1 == "variant" { for (i = 1; i <= NF; i++) column[$i] = i; n = split(names, name, " ") }
		$2 == arm { for (i = 1; i <= n; i++) printf "%s ", $column[name[i]] }' "$table"
}

# shellcheck disable=SC2046
set -- $(figures fit none fit) $(figures fit hinting fit refused killed swapped-MiB)
none=$1 hinting=$2
if [ "$none" -lt 2 ] || [ "$none" -gt 3 ] || [ "$hinting" -lt 5 ] || [ "$3 $4 $5" != '0 0 0' ]; then
	echo "$none guests fit with neither, $hinting with hinting: refused $3, killed $4, swapped $5"
	exit 1
fi
hogs=$(figures memhog hinting refused killed swapped-MiB)
if [ "$hogs" != '0 0 0 0 0 0 0 0 0 ' ]; then
	echo "memhog with hinting: refused, killed, swapped after each guest: $hogs"
	exit 1
fi
echo "$hinting guests fit with hinting, $none with neither"
