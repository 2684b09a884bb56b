#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Boots a guest and runs a shell command in it.
#
# usage: guest.sh [-i] [OPTION OF vmrun]... [-- COMMAND...]	(from the top)
#
# -i gives an interactive shell instead. The environment says what guest:
#	KERNEL	build/linux-6.12/vmlinux
#	INITRD	build/guest/initramfs.gz
#	QEMU	qemu-system-x86_64
#	ACCEL	what accel.sh found to work: kvm, or tcg,thread=multi
#	SMP, MEM	CPUs and MiB
#	BALLOON	"" for none; by default the balloon with page reporting
#	APPEND	more of the kernel's command line
#	DEVICES	more options for QEMU
#
# The exit status is the command's, or vmrun's.
set -eu

here=$(dirname "$0")
kernel=${KERNEL:-build/linux-6.12/vmlinux}
balloon=${BALLOON-virtio-balloon-pci,free-page-reporting=on}
accel=${ACCEL:-$("$here"/accel.sh)}
console="-serial stdio"
interactive=

options=
while [ $# -gt 0 ]; do
	case $1 in
	--) shift; break ;;
	-i) interactive=1; console="-serial mon:stdio" ;;
	*) options="$options $1" ;;
	esac
	shift
done

case $accel in
kvm*) cpu="-cpu host" ;;
*) cpu= ;;
esac

# shellcheck disable=SC2086
set -- "${QEMU:-qemu-system-x86_64}" -nodefaults -no-user-config \
	-display none -no-reboot $console -accel "$accel" $cpu \
	-smp "${SMP:-2}" -m "${MEM:-2048}" ${DEVICES:-} \
	${balloon:+-device "$balloon"} \
	-kernel "$kernel" -initrd "${INITRD:-build/guest/initramfs.gz}" \
	-append "console=ttyS0 loglevel=5 panic=-1 no_timer_check ${APPEND:-} ${*:+-- $*}"

if [ -n "$interactive" ]; then
	exec "$@"
fi
# shellcheck disable=SC2086
exec build/guest/vmrun $options -- "$@"
