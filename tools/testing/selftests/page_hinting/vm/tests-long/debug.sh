# SPDX-License-Identifier: GPL-2.0
# Those of tests/ that have a guest of the ordinary kernel and measure nothing,
# on the debug kernel.
set -eu

export kernel=build/linux-6.12-debug LIMIT=1200
export KERNEL=$kernel/vmlinux
for name in balloon hibernate hotplug migrate module reboot replug snapshot suspend zones; do
	echo "$name:"
	sh "$vm/tests/$name.sh"
done
echo "no splat"
