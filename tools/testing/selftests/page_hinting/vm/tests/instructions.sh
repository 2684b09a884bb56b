# SPDX-License-Identifier: GPL-2.0
# Invariant 7 and the cost of a busy guest, in guest instructions a page
# fault, counted by QEMU's icount: hinting on is within 0.3 % of off. The
# rounds before are for the policy to learn.
set -eu

count()
{
	# One instruction is one nanosecond of the guest's time.
	SMP=1 ACCEL=tcg,thread=single DEVICES='-icount shift=0,sleep=off' \
		guest.sh -c "$out/instructions.console" -t 300 -- \
		"page_fault1 -t $1 -n 8 -h $2; page_fault1 -t $1 -n ${3} -h $2"
	tr -d '\r' < "$out/instructions.console" |
		awk '/page_fault1:/ { rate = $(NF - 2) } END { printf "%.2f\n", 1e9 / rate }'
}

compare()
{
	on=$(count "$1" "$2" "$3")
	off=$(APPEND=page_hinting=off BALLOON=virtio-balloon-pci \
		count "$1" "$2" "$3")
	more=$(echo "$on $off" | awk '{ printf "%+.3f", ($1 / $2 - 1) * 100 }')
	echo "$1 threads, huge pages $2: $on on, $off off, $more %"
	all="$all $more"
}

all=
compare 1 never 12
compare 2 never 12
compare 1 always 60
compare 2 always 60
echo "$all" | awk '{ worst = $1
	for (i = 2; i <= NF; i++)
		if ($i > worst)
			worst = $i
	print "at most " worst " % more instructions a fault"
	exit !(worst <= 0.3) }'
