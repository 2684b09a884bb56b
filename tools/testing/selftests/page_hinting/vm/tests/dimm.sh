# SPDX-License-Identifier: GPL-2.0
# A DIMM directly behind the boot memory, in the same zone: free blocks on both
# sides are neighbours, but no range that is told to the host may reach from the
# one into the other, nor over any border of a memory section: a host may look at
# its start only, and discard what lies behind it in another memory of its own.
set -eu

# A section is 128 MiB; so is a memory block of a guest as small as this. 1 GiB
# of the boot memory lies below 4 GiB, the other ends where DIMMs begin.
section=32768
dimm=40
boot=$((dimm - 1))
MEM=2G,slots=1,maxmem=4G SMP=2 \
	APPEND="panic_on_warn=1 memhp_default_state=online_kernel memmap=128M%$((boot * 128))M-1" \
	DEVICES='-M pc,max-ram-below-4g=1G
		-object memory-backend-ram,id=dimm-memory,size=256M
		-device pc-dimm,id=dimm,memdev=dimm-memory' \
	clean-guest.sh "$out/dimm.console" -t 200 -- dimm.sh $boot $dimm
tr -d '\r' < "$out/dimm.console" | awk -v section=$section -v dimm=$dimm '
	$1 == "@zone" { zone[$2] = $3 }
	$1 == "@range" {
		ranges++
		end = $2 + $3
		crossing += int($2 / section) != int((end - 1) / section)
		over += $2 < dimm * section && end > dimm * section
		beside += $2 == dimm * section || end == dimm * section
	}
	END {
		printf "%d ranges, %d of them beside the border, %d over it, %d over one of a section\n",
		       ranges, beside, over, crossing
		if (zone[dimm] != "Normal" || zone[dimm - 1] != "Normal") {
			print "they are not in the same zone"
			exit 1
		}
		# With none beside it nothing was shown.
		exit over || crossing || !beside
	}'
