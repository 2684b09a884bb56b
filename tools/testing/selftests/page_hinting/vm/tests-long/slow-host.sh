# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, on the debug kernel.
kernel=build/linux-6.12-debug
. "$vm/tests/slow-host.sh"
