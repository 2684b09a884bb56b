# SPDX-License-Identifier: GPL-2.0
# Invariant 1, conservation: the balloon's driver as a module, loaded and
# unloaded under load; then memory comes back as ever. The kernel's own is
# kept from starting.
set -eu

kernel=${kernel:-build/linux-6.12}
modules.sh build/source/linux-6.12 "$kernel"
MEM=768 KERNEL=$kernel/vmlinux INITRD=$kernel/modules/initramfs.gz \
	APPEND='panic_on_warn=1 initcall_blacklist=virtio_balloon_driver_init' \
	clean-guest.sh "$out/module.console" -s "$out/module.tsv" -t 300 -- \
	module.sh "${rounds:-10}"
printf "loaded and unloaded %d times, " "${rounds:-10}"
back.sh 256 "$out/module.tsv"
