# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, with guests of all sizes, for longer.
guests='64 128 256 512 2048'
. "$vm/tests/pressure.sh"
