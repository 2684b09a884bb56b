#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Prints, as a comment, what a measurement was made with.
printf '# %s, series %s, %s, %s CPUs, %s, Linux %s, accelerator %s, host huge pages %s\n' \
	"$(date +%F)" "$(git rev-parse --short=10 HEAD 2> /dev/null || echo '?')" \
	"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | sed 1q)" \
	"$(nproc)" "$("${QEMU:-qemu-system-x86_64}" --version | sed 1q)" \
	"$(make -s -C build/source/linux-6.12 kernelversion)" \
	"$("$(dirname "$0")"/../accel.sh)" \
	"$(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/mm/transparent_hugepage/enabled)"
