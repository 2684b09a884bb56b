# SPDX-License-Identifier: GPL-2.0
# Content and invariant 1, conservation: a guest under load moves to another
# QEMU while hinting is busy, once by precopy and once by postcopy, where the
# host inhibits hints for a while. tests-long has more of it.
set -eu

migrate.sh 1 precopy migrate
migrate.sh 1 postcopy migrate-postcopy
