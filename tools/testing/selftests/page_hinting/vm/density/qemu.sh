#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A QEMU under a cap: joins the memory cgroup CAP, if there is one, and becomes
# the emulator QEMU_ITSELF.
set -eu
[ -z "$CAP" ] || echo 0 > "$CAP/cgroup.procs"
exec "$QEMU_ITSELF" "$@"
