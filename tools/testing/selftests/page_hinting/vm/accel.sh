#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Prints what QEMU is to run guests with. /dev/kvm can be there, open, create
# a machine and still not run one, so it has to boot our kernel first. The
# answer is kept in build/accel.
set -eu

kept=build/accel
kernel=${KERNEL:-build/linux-6.12/vmlinux}

if ! [ -f $kept ]; then
	found=tcg,thread=multi
	if [ -w /dev/kvm ] &&
	   ACCEL=kvm BALLOON='' SMP=1 MEM=256 KERNEL=$kernel "$(dirname "$0")"/guest.sh \
		-t 15 -c /dev/null -- true 2>/dev/null; then
		found=kvm
	fi
	echo $found > $kept.$$
	mv $kept.$$ $kept
fi
cat $kept
