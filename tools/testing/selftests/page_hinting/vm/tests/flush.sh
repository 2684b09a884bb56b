# SPDX-License-Identifier: GPL-2.0
# A flush gives back all that is free, blocks and pieces, and returns when the host
# has it, also where a busy guest frees more than the host takes; in ten seconds it
# gives up on a dead host, at once after a signal, and nothing is lost (invariant 1).
set -eu

kernel=${kernel:-build/linux-6.12}
modules.sh build/source/linux-6.12 "$kernel"
SMP=2 MEM=1024 KERNEL=$kernel/vmlinux APPEND=panic_on_warn=1 \
	INITRD=$kernel/modules/initramfs.gz \
	clean-guest.sh "$out/flush.console" -r -s "$out/flush.tsv" -t 300 -- flush.sh
awk -F '\t' '
	$3 ~ /^@held/ { top = 0 }
	$9 > top { top = $9 }
	# The next look at the RAM.
	$3 ~ /^@flush/ { split($3, said, " "); what = said[2]; due = $1 + 600 }
	due && $1 >= due {
		due = 0
		back[what] = (top - $9) / 1024
	}
	END {
		printf "%d of 256 MiB in blocks, %d of 256 in blocks and pieces, %d when compacted\n",
		       back["blocks"], back["pieces"], back["compacted"]
		# A page in 64 stays, and what is smaller than 64 KiB around it.
		exit !(back["blocks"] >= 243 && back["pieces"] >= 180 &&
		       back["compacted"] >= 243)
	}' "$out/flush.tsv"
tr -d '\r' < "$out/flush.console" | awk '
	$1 == "@flush" {
		what = $2
		sub(/-[0-9]$/, "", what)
		times[what]++
		wrong = what ~ /^(nonsense|nobody|dead|dead-again|interrupted)$/ ? !$3 : $3
		if (what ~ /^dead/)
			wrong = wrong || $4 < 9500 || $4 > 15000
		else
			wrong = wrong || $4 > (what == "busy" ? 30000 : 5000)
		if (wrong)
			print "wrong:", $0
		bad = bad || wrong
	}
	END { exit bad || times["together"] != 4 || !times["busy"] || !times["last"] }'
