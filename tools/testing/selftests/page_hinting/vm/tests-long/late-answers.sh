# SPDX-License-Identifier: GPL-2.0
# As the test of that name in tests/, with a host that takes a minute.
delays=60000
. "$vm/tests/late-answers.sh"
