# SPDX-License-Identifier: GPL-2.0
#
# From vmrun's samples: how the host gets back what the guest frees at its
# "@free". Needs -v mib=N, the amount, which the caller has told the guest.
# Prints MiB freed, MiB back at the end, seconds to 50, 90 and 99 % ("-" if
# never), MiB x seconds held for nothing; and until the guest's end QEMU's
# milliseconds of CPU time, those of them in the host's kernel, and discards.
BEGIN {
	FS = "\t"
	parts[50] = parts[90] = parts[99] = "-"
}

$3 ~ /^@free/ && !freed {
	freed = 1
	begin = last = $1
	top = $2
	cpu = $6
	kernel = $8
	discards = $5
	next
}

# The end of the guest takes the rest, which is not what we measure.
$3 ~ /^@exit/ {
	exit
}

freed {
	used = $6 - cpu
	in_kernel = $8 - kernel
	made = $5 - discards
}

freed && $3 == "-" {
	back = (top - $2) / 1024
	if (back < mib)
		held += (mib - back) * ($1 - last) / 1000
	last = $1
	for (p in parts)
		if (parts[p] == "-" && back >= mib * p / 100)
			parts[p] = sprintf("%.2f", ($1 - begin) / 1000)
}

END {
	printf "%d\t%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n", mib, back,
	       parts[50], parts[90], parts[99], held, used, in_kernel, made
}
