# SPDX-License-Identifier: GPL-2.0
# Nothing is captured and nothing comes back where hinting is not to be: off at
# boot and no feature, no feature, no balloon, hints that the host would
# ignore. With page_hinting=off page reporting has the device.
set -eu

back_after_2s()
{
	MEM=1024 guest.sh -s "$out/off.tsv" -c "$out/off.console" -t 120 -- \
		'hold 512 munmap 500 2000;' \
		'cat /sys/kernel/debug/page_hinting/captured;' \
		'dmesg | grep -c page[[:space:]]reporting[[:space:]]enabled || true' &&
		grep -q @free "$out/off.tsv" || return
	back=$(awk -v mib=512 -f "$vm/curve.awk" "$out/off.tsv" | cut -f 2)
	captured=$(tr -d '\r' < "$out/off.console" | grep -E '^[0-9]+$' | head -n 1)
}

none()
{
	back_after_2s || { status=$?; tail -n 30 "$out/off.console"; exit $status; }
	echo "$1: $back MiB back, $captured captured"
	[ "$captured" = 0 ]
	[ "$back" -lt 5 ]
}

APPEND=page_hinting=off BALLOON=virtio-balloon-pci none 'off, no feature'
BALLOON=virtio-balloon-pci none 'no feature'
BALLOON='' none 'no balloon'
KERNEL=build/linux-6.12-debug/vmlinux APPEND='page_poison=1' none 'poisoned pages'

APPEND=page_hinting=off back_after_2s
echo "off, page reporting: $captured captured"
[ "$captured" = 0 ]
tr -d '\r' < "$out/off.console" | grep -q '^1$'
