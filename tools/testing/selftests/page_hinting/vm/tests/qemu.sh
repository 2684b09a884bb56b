# SPDX-License-Identifier: GPL-2.0
# Our QEMU, built from the distribution's source, with our guest: what the guest
# says that it hinted is what QEMU says that it discarded or skipped, served by
# the main loop or by an iothread; and it migrates with hints in flight.
set -eu

make --no-print-directory qemu
export QEMU=build/qemu/qemu-system-x86_64
counters.sh
counters.sh reporting-iothread=reporting
BALLOON=virtio-balloon-pci,free-page-reporting=on,reporting-iothread=io0 \
	migrate.sh 1 precopy qemu
echo "the counters agree, by both ways, and it migrates"
