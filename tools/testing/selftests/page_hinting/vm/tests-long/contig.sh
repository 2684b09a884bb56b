# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, on the debug kernel, too, and with pages
# of 1 GiB.
long=1
limit=3000
. "$vm/tests/contig.sh"
