# SPDX-License-Identifier: GPL-2.0
# As tests/replug.sh, with the device unplugged and plugged in 30 times.
set -eu

REPLUGS=30 LIMIT=1500 sh "$vm/tests/replug.sh"
