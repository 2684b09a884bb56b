# SPDX-License-Identifier: GPL-2.0
# A guest under load moves between QEMUs ten times by precopy, and five times
# by postcopy; content verified.
set -eu

migrate.sh 10 precopy migrate-long
migrate.sh 5 postcopy migrate-postcopy-long
