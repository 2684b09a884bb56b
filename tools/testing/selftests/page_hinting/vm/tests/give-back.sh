# SPDX-License-Identifier: GPL-2.0
# The host has at least 98 % of 1 GiB back within 2 s, by munmap and by exit;
# with a ring without indirect descriptors, and with a packed one.
#
# alone: it measures time
set -eu

one()
{
	label=$1
	how=$2
	MEM=2048 guest.sh -s "$out/give-back.tsv" -c "$out/give-back.console" \
		-t 120 -- hold 1024 "$how" 1000 3000
	awk -F '\t' '/@free/ { begin = $1; top = $2 }
		     /@exit/ { exit }
		     begin && $1 <= begin + 2000 { last = $2 }
		     END { exit !(begin && top - last >= 1024 * 1024 * 0.98) }' \
		"$out/give-back.tsv" || { echo "$label: less than 98 % in 2 s"; exit 75; }
	awk -v mib=1024 -f "$vm/curve.awk" "$out/give-back.tsv" |
		awk -v label="$label" '{ print label ": 99 % after", $5, "s" }'
}

BALLOON='virtio-balloon-pci,free-page-reporting=on,indirect_desc=off' \
	one 'no indirect' munmap
BALLOON='virtio-balloon-pci,free-page-reporting=on,packed=on' one packed munmap
APPEND='transparent_hugepage=never' one '4 KiB pages' munmap
one exit exit
one munmap munmap
