# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, on the debug kernel, for longer.
kernel=build/linux-6.12-debug
rounds=20
. "$vm/tests/cpus.sh"
