# SPDX-License-Identifier: GPL-2.0
#
# For scripts that measure arms beside each other, to be sourced: the guest's
# side of an arm, and the tables. A table's columns "variant", "arm" and "run"
# tell what was run, the others are what was measured, by the names in its
# first line.
#
# Theirs are: $workload, its name; $table, where its rows go; $begin, when all
# began; $quick, not empty for less of it; $more, not empty to add runs to the
# table that is there; $bench, the folder bench/; $work, where tables are made; and
# $published, where they go.

# The guest's side of an arm; all of them run the same kernel.
arm()
{
	BALLOON=virtio-balloon-pci,free-page-reporting=on
	case $1 in
	none | none-again) BALLOON=virtio-balloon-pci APPEND=page_hinting=off ;;
	hinting-direct)
		# Without indirect descriptors a buffer has 16 ranges instead of 32.
		BALLOON=$BALLOON,indirect_desc=off
		APPEND=page_hinting=on
		;;
	hinting | hinting-profile | hinting-proactive-* | hinting-flush-*) APPEND=page_hinting=on ;;
	reporting) APPEND=page_hinting=off ;;
	reporting-*) APPEND="page_hinting=off page_reporting.delay_ms=${1#reporting-}" ;;
	*) echo "no arm $1" >&2; exit 2 ;;
	esac
	APPEND="$APPEND ${MORE:-}"
	export BALLOON APPEND
}

# usage: columns NAME...	begins the workload's table
columns()
{
	last_run=0
	if [ -n "${more:-}" ] && [ -f "$table" ]; then
		last_run=$(awk -F '\t' '$3 + 0 > last { last = $3 } END { print last + 0 }' "$table")
		cp "$table" "$table.new"
		return
	fi
	{
		"$bench"/machine.sh
		printf 'variant\tarm\trun'
		printf '\t%s' "$@"
		echo
	} > "$table.new"
}

# usage: row VARIANT ARM RUN VALUE...
row()
{
	(IFS='	'; echo "$*") >> "$table.new"
	printf '%5d s  %s: %s\n' $(($(date +%s) - begin)) "$workload" "$*"
}

# usage: keep_published NAME...	the tables that were made elsewhere stay
keep_published()
{
	for name; do
		[ -f "$work/$name.tsv" ] || [ ! -f "$published/$name.tsv" ] ||
			cp "$published/$name.tsv" "$work/"
	done
}

# usage: runs FULL QUICK
runs()
{
	number=${RUNS:-$([ -z "$quick" ] && echo "$1" || echo "$2")}
	seq $((last_run + 1)) $((last_run + number))
}
