# SPDX-License-Identifier: GPL-2.0
# A DIMM and virtio-mem plugged and unplugged beside the balloon, under load:
# they come and go as with hinting off, and the memory of both is hinted
# (invariants 1 and 3).
set -eu

socket=$out/hotplug.qmp
console=$out/hotplug.console
rm -f "$console"

ask() { build/guest/qmp -t 60 "$socket" "$@"; }
said()
{
	until [ "$(grep -s "^@$1" "$console" | wc -l)" -ge "$2" ]; do
		sleep 0.2
	done
}
(
	for time in 1 2; do
		said plug $time
		ask '{"execute": "object-add", "arguments": {"qom-type": "memory-backend-ram", "id": "dimm-memory", "size": 268435456}}' \
			'{"execute": "device_add", "arguments": {"driver": "pc-dimm", "id": "dimm", "memdev": "dimm-memory"}}' \
			'{"execute": "qom-set", "arguments": {"path": "vmem", "property": "requested-size", "value": 268435456}}'
		said unplug $time
		ask '{"execute": "qom-set", "arguments": {"path": "vmem", "property": "requested-size", "value": 0}}' \
			'{"execute": "device_del", "arguments": {"id": "dimm"}}' DEVICE_DELETED \
			'{"execute": "object-del", "arguments": {"id": "dimm-memory"}}'
	done
) > "$out/hotplug.said" 2>&1 &
operator=$!
guest=
trap 'kill $operator $guest 2>/dev/null || true; rm -f "$socket"' EXIT
trap 'exit 130' INT TERM HUP

MEM=512,slots=2,maxmem=4G SMP=2 \
	APPEND='panic_on_warn=1 memhp_default_state=online_movable' \
	DEVICES="-qmp unix:$socket,server=on,wait=off
		-object memory-backend-ram,id=vmem-memory,size=256M
		-device virtio-mem-pci,id=vmem,memdev=vmem-memory,requested-size=0" \
	clean-guest.sh "$console" -1 -s "$out/hotplug.tsv" -t 400 -- hotplug.sh 512 &
guest=$!
wait $guest
guest=
freed=$(awk -F '\t' '/@free/ { split($3, said, " "); print said[2] }' "$out/hotplug.tsv")
awk -v mib="$freed" -f "$vm/curve.awk" "$out/hotplug.tsv" > "$out/hotplug.curve"

back=$(cut -f 2 "$out/hotplug.curve")
echo "unplugged $(grep -c DEVICE_DELETED "$out/hotplug.said") times;" \
	"$back of $freed MiB back, 512 MiB of the guest were plugged"
[ "$freed" -ge 550 ]
# Without one of the two, at most two thirds would come back.
[ "$back" -ge $((freed * 9 / 10)) ] || exit 75
