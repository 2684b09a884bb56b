# SPDX-License-Identifier: GPL-2.0
# Memory goes off line while a host has some of it: that waits for one that
# answers, is refused in time where one never does, works when it is gone, and
# nothing is lost (invariant 1).
set -eu

kernel=build/linux-6.12
modules.sh build/source/linux-6.12 "$kernel"
SMP=2 MEM=1024 KERNEL=$kernel/vmlinux INITRD=$kernel/modules/initramfs.gz \
	APPEND='panic_on_warn=1 movablecore=512M' \
	clean-guest.sh "$out/offline.console" -t 200 -- offline.sh 15
tr -d '\r' < "$out/offline.console" | awk '
	$1 == "@offline" {
		status[$2] = $3
		took[$2] = $4
		said = said sprintf("; %s: %s in %.1f s", $2,
			$3 < 0 ? "no end" : $3 ? "refused" : "off line", $4 / 1000)
		cases++
	}
	END {
		print substr(said, 3)
		# 1 is what the shell makes of an errno.
		if (!(cases == 5 && status["late"] == 0 &&
		      status["dead"] == 1 && status["dead-again"] == 1 &&
		      status["other"] == 0 && status["gone"] == 0))
			exit 1
		# On a busy machine the answer may have been there before.
		exit took["late"] < 500 ? 75 : 0
	}'
