# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, with guests of all sizes, for longer.
#
# alone: it compares how much memory there is
guests='64 128 256 512 2048'
. "$vm/tests/pressure.sh"
