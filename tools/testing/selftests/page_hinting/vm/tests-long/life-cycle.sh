# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, with 100 unbinds, and the module loaded
# and unloaded 50 times.
set -eu

rounds=100
. "$vm/tests/life-cycle.sh"
rounds=50
. "$vm/tests/module.sh"
