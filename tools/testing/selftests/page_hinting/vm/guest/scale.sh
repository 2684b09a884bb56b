#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: waits until all that is free is hinted, begins anew, and says
# what that took. On a kernel with scale.config also how much CPU time, and, in a
# third run, for how long interrupts are off in our code; on others these are 0.
#
# usage: scale.sh
#
# Prints "@again" when it begins anew, "@scale MIB-HINTED MIB-FREE LOOKED KWORKERS-NS",
# where FREE is what is in blocks of min_order and larger, and "@off SECTIONS LONGEST-NS
# WHERE LOST": events that found no room. Under QEMU's icount a nanosecond is an
# instruction.
controls=/sys/kernel/mm/page_hinting
counters=/sys/kernel/debug/page_hinting
tracing=/sys/kernel/tracing

count()
{
	cat $counters/"$1"
}

# MiB that are free in blocks that can be hinted.
hintable()
{
	awk -v order="$(cat $controls/min_order)" '
		{
			size = 1
			for (i = 5; i <= NF; i++) {
				if (i >= order + 5)
					pages += $i * size
				size *= 2
			}
		}
		END { print int(pages / 256) }' /proc/buddyinfo
}

# Nanoseconds of all kworkers; the pass runs in one of them.
kworkers()
{
	grep -l '^kworker' /proc/[0-9]*/comm 2>/dev/null | sed 's,comm$,schedstat,' |
		xargs cat 2>/dev/null | awk '{ ns += $1 } END { printf "%d", ns }'
}

# usage: filter FIELD...	that one of them is in our code
#
# Functions of ours that are near each other have only ours between them.
filter()
{
	stext=0x$(awk '$3 == "_stext" { print $1; exit }' /proc/kallsyms)
	grep -i ' t .*\(page_hinting\|virtballoon\)' /proc/kallsyms | sort |
	while read -r address type name; do
		echo $((0x$address - stext))
	done | awk -v fields="$*" '
		# A last function is not longer than that.
		function range() {
			for (f = 1; f <= n; f++) {
				printf "%s(%s >= %d && %s < %d)", any, field[f],
				       first, field[f], last + 1024
				any = " || "
			}
		}
		BEGIN { n = split(fields, field, " ") }
		NR > 1 && $1 > last + 4096 { range(); first = $1 }
		NR == 1 { first = $1 }
		{ last = $1 }
		END { range() }'
}

watch()
{
	echo 16384 > $tracing/buffer_size_kb
	echo x86-tsc > $tracing/trace_clock
	ours=$(filter caller_offs parent_offs)
	for event in irq_disable irq_enable; do
		echo "$ours" > $tracing/events/preemptirq/$event/filter || exit 1
		echo 1 > $tracing/events/preemptirq/$event/enable
	done
	# Its interrupt is all ours.
	echo 'name ~ "virtio*"' > $tracing/events/irq/irq_handler_entry/filter || exit 1
	echo 1 > $tracing/events/irq/irq_handler_entry/enable
	echo 1 > $tracing/events/irq/irq_handler_exit/enable
}

longest()
{
	lost=$(sed -n 's/^overrun: //p' $tracing/per_cpu/cpu0/stats)
	awk -v lost="$lost" '
		/^#/ { next }
		{
			for (i = 1; $i !~ /^(irq_disable|irq_enable|irq_handler_entry|irq_handler_exit):$/; i++)
				if (i > NF)
					next
			now = $(i - 1) + 0
		}
		$i == "irq_disable:" { off = now; next }
		$i == "irq_handler_entry:" { entry = now; irq = $(i + 1); next }
		$i == "irq_enable:" { since = off; off = 0; where = $(i + 1) "," $(i + 2) }
		$i == "irq_handler_exit:" {
			since = irq == $(i + 1) ? entry : 0
			entry = 0
			where = "interrupt"
		}
		since {
			sections++
			if (now - since > most) {
				most = now - since
				at = where
			}
		}
		END { print "@off", sections + 0, most + 0, at, lost + 0 }' $tracing/trace
}

begin_anew()
{
	echo 0 > $controls/enabled
	looked=$(count looked)
	pages=$(count pages_hinted)
	ns=$(kworkers)
	echo 1 > $controls/enabled
	settled.sh "$nobodys" || exit 1
}

# Large tables of the kernel's own have no flag that tells them from what is lost.
echo 0 > $controls/enabled
sleep 1
nobodys=$(lost)
echo 1 > $controls/enabled
settled.sh "$nobodys" || exit 1
echo
echo "@again"
begin_anew
echo
echo "@scale $((($(count pages_hinted) - pages) / 256)) $(hintable)" \
	"$(($(count looked) - looked)) $(($(kworkers) - ns))"
[ -e $tracing/events/preemptirq/irq_disable ] || exit 0
watch
begin_anew
echo 0 > $tracing/tracing_on
echo
longest
