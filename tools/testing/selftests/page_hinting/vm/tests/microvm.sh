# SPDX-License-Identifier: GPL-2.0
# A machine without PCI, whose balloon is a virtio-mmio device, as Firecracker's
# and libkrun's are: the host has at least 98 % of 1 GiB back within 2 s. The
# guest finds the device by ACPI and by its command line; the rings are split,
# of a legacy device and a modern one, and packed.
set -eu

# An emulated one has no clock that its time stamp counter could be measured by;
# that runs as the host's does.
khz=$(awk '/MHz/ { printf "%d", $4 * 1000; exit }' /proc/cpuinfo)

# usage: one LABEL MACHINE BALLOON [OPTION OF QEMU...]
one()
{
	label=$1 machine=$2 balloon=$3
	shift 3
	# Without ACPI the guest can't power off, but a reset ends it.
	MEM=2048 DEVICES="-machine $machine $*" \
		BALLOON="virtio-balloon-device,free-page-reporting=on$balloon" \
		APPEND="panic_on_warn=1 tsc_early_khz=$khz ${append:-}" \
		clean-guest.sh "$out/microvm.console" -s "$out/microvm.tsv" -t 120 -- \
		"hold 1024 munmap 1000 3000 && echo && echo @exit 0 && sleep 1 &&
		 echo b > /proc/sysrq-trigger"
	# A busy machine reads "@free" when some of it is back already.
	awk -F '\t' '/@free/ { begin = $1 }
		     /@exit/ { exit }
		     !begin && $2 > top { top = $2 }
		     begin && $1 <= begin + 2000 { last = $2 }
		     END { exit !(begin && top - last >= 1024 * 1024 * 0.98) }' \
		"$out/microvm.tsv" || { echo "$label: less than 98 % in 2 s"; exit 75; }
	awk -v mib=1024 -f "$vm/curve.awk" "$out/microvm.tsv" |
		awk -v label="$label" '{ print label ": 99 % after", $5, "s" }'
}

modern='-global virtio-mmio.force-legacy=off'
one legacy microvm ''
one packed microvm ,packed=on "$modern"
one 'no indirect' microvm ,indirect_desc=off "$modern"

# The eight devices that there may be. QEMU would put them behind our "--".
append='reboot=t'
for n in 0 1 2 3 4 5 6 7; do
	append="$append virtio_mmio.device=512@$(printf '0x%x' $((0xfeb00000 + n * 512))):$((5 + n))"
done
one 'by the command line' microvm,acpi=off,auto-kernel-cmdline=off '' "$modern"
