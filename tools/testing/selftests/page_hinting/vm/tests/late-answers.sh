# SPDX-License-Identifier: GPL-2.0
# Invariants 4 and 5: a host that leaves reports unanswered for 5 and for 30 s,
# as for a snapshot, while a small guest's memory is filled to a 16th before the
# last page. Little of it is in flight at any time, nobody is killed, and all
# comes back by the answers.
set -eu

kernel=${kernel:-build/linux-6.12}
delays=${delays:-5000 30000}
status=0
modules.sh build/source/linux-6.12 "$kernel"
# shellcheck disable=SC2086
SMP=2 MEM=512 KERNEL=$kernel/vmlinux APPEND=panic_on_warn=1 \
	INITRD=$kernel/modules/initramfs.gz \
	clean-guest.sh "$out/late-answers.console" -s "$out/late-answers.tsv" -t 600 -- \
	late-answers.sh $delays || status=$?
awk -v mib=256 -f "$vm/curve.awk" "$out/late-answers.tsv" > "$out/late-answers.curve"
tr -d '\r' < "$out/late-answers.console" | awk -v delays="$delays" -v status=$status '
	NR == FNR { freed = $1; back = $2; next }
	$1 == "@capacity" { printf "%d MiB to be filled; ", $2 / 1024 }
	$1 == "@late" {
		printf "%d s: %d killed, at most %d of %d MiB in flight, %s; ",
		       $2 / 1000, $3, $4 / 1024, $5 / 1024,
		       $6 < 0 ? "not all back" : sprintf("all back in %.1f s", $6 / 1000)
		cases++
		bad = bad || $3 || $4 > $5 || $6 < 0
		# With nothing in flight nothing was shown.
		idle = idle || !$4
	}
	END {
		printf "%d of %d MiB back\n", back, freed
		if (bad || cases != split(delays, each, " "))
			exit 1
		# Of what else the kernel complained.
		if (status)
			exit status
		exit idle || back < freed * 0.9 ? 75 : 0
	}' "$out/late-answers.curve" -
