# SPDX-License-Identifier: GPL-2.0
# CPUs off and on line under load: nothing is left in a
# dead CPU's array (invariant 3), nothing is lost (invariant 1).
set -eu

rounds=${rounds:-4}
SMP=4 MEM=1024 KERNEL=${kernel:-build/linux-6.12}/vmlinux APPEND=panic_on_warn=1 \
	clean-guest.sh "$out/cpus.console" -s "$out/cpus.tsv" -t 900 -- \
	cpus.sh "$rounds"
back.sh 256 "$out/cpus.tsv"
tr -d '\r' < "$out/cpus.console" | awk -v rounds="$rounds" '
	/@switched/ { switched = $2 + 0; captured = $5; print }
	END { exit switched != rounds * 3 || !captured }'
