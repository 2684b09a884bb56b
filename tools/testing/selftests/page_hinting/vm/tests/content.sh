# SPDX-License-Identifier: GPL-2.0
# Content: what is kept is as it was left, and new memory is zero, whatever the
# guest does to free pages and whatever the host's memory is made of; on the
# debug kernel with KASAN. Without init_on_free hints of poisoned pages would be
# of no use, so there are none.
set -eu

ram=$out/content.ram
pages=
stop()
{
	rm -f "$ram"
	[ -z "$pages" ] || echo "$pages" > /proc/sys/vm/nr_hugepages
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

# usage: keep NAME GUEST'S OPTIONS QEMU'S OPTIONS
one()
{
	APPEND="panic_on_warn=1 $2" DEVICES="$3" MEM=512 \
		clean-guest.sh "$out/content.console" -t 300 -- \
		'cd /sys/kernel/mm/page_hinting; echo 0|tee age_ms age_max_ms;' \
		'echo 9 > min_order; grep MemFree /proc/meminfo;' \
		'page_fault1 -t 1 -s 100 -m 16 & keep 128 4 && echo @hinted' \
		'`cat /sys/kernel/debug/page_hinting/pages_hinted`'
	hinted=$(tr -d '\r' < "$out/content.console" | awk '$1 == "@hinted" { print int($2 / 256) }')
	free=$(tr -d '\r' < "$out/content.console" | awk '$1 == "MemFree:" { print int($2 / 1024) }')
	echo "$1: $(tr -d '\r' < "$out/content.console" | grep ^@keep), $hinted MiB hinted, $free were free"
}

# As one(), and there were hints: of nearly all that is free.
hinted()
{
	one "$@"
	[ "$hinted" -ge $((free * 9 / 10)) ]
}

# A host's memory for the guest: an option of QEMU that makes it.
backend()
{
	name=$1
	shift
	hinted "$name" 'init_on_free=1' \
		"-object memory-backend-$*,id=ram,size=512M -machine memory-backend=ram"
}

hinted 'init_on_free' 'init_on_free=1' ''
hinted 'init_on_alloc' 'init_on_alloc=1' ''
backend 'memfd, shared' memfd,share=on
backend 'file, shared' "file,mem-path=$ram,share=on"
rm -f "$ram"
backend 'file, private' "file,mem-path=$ram,share=off"

before=$(cat /proc/sys/vm/nr_hugepages)
if [ -w /proc/sys/vm/nr_hugepages ]; then
	pages=$before
	echo $((before + 256)) > /proc/sys/vm/nr_hugepages || true
fi
if [ "$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)" -ge 256 ]; then
	backend 'hugetlb 2 MiB' memfd,hugetlb=on,hugetlbsize=2M
else
	echo "hugetlb 2 MiB: not run, the host has no 256 pages for it"
fi

export KERNEL=build/linux-6.12-debug/vmlinux
hinted 'debug_pagealloc' 'debug_pagealloc=on' ''
one 'page_poison' 'page_poison=1' ''
[ "$hinted" = 0 ]
BALLOON=virtio-balloon-pci,free-page-reporting=on,page-poison=off \
	one 'page_poison, no host for it' 'page_poison=1' ''
[ "$hinted" = 0 ]
