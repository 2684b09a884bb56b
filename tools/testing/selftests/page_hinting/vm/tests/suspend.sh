# SPDX-License-Identifier: GPL-2.0
# Invariant 1, conservation: the guest suspends to RAM with batches in flight,
# down to the last step before the firmware (pm_test "core"), and goes on
# hinting. tests-long has the firmware, too.
set -eu

. "$vm/while-loaded.sh"

until_resumed()
{
	says suspend @resumed 3
}

export MEM=768 APPEND=suspend.pm_test_delay=1
while_loaded suspend until_resumed suspend-under-load.sh core
echo "suspended and resumed 3 times"
