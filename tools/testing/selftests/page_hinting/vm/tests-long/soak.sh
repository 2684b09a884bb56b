# SPDX-License-Identifier: GPL-2.0
# Everything that can happen to hinting and to memory, at random and at once,
# for SOAK_S seconds (an hour), on the debug kernel with 4 CPUs; the host stops
# QEMU, inflates the balloon, and resizes virtio-mem meanwhile. Not one splat,
# the counters add up, and memory comes back. SOAK_SEED= repeats the choices.
set -eu

seconds=${SOAK_S:-3600}
seed=${SOAK_SEED:-$(date +%s)}
socket=$out/soak.qmp
console=$out/soak.console
rm -f "$console"
echo "$seconds s, SOAK_SEED=$seed"

(
	random=$seed
	until grep -qs '^@soak 0' "$console"; do
		sleep 0.5
	done
	until grep -qs '^@soak.*over' "$console"; do
		random=$(((random * 1103515245 + 12345) & 0x7fffffff))
		size=$((random / 256 % 3))
		case $((random / 65536 % 3)) in
		0)
			build/guest/qmp "$socket" '{"execute": "stop"}'
			sleep 0.$((random / 256 % 9 + 1))
			build/guest/qmp "$socket" '{"execute": "cont"}'
			;;
		1)
			build/guest/qmp "$socket" "{\"execute\": \"balloon\",
				\"arguments\": {\"value\": $(((1792 + size * 128) << 20))}}" || true
			;;
		2)
			build/guest/qmp "$socket" "{\"execute\": \"qom-set\",
				\"arguments\": {\"path\": \"vmem\", \"property\":
				\"requested-size\", \"value\": $((size * 128 << 20))}}" || true
			;;
		esac
		sleep 3
	done
	build/guest/qmp "$socket" \
		'{"execute": "balloon", "arguments": {"value": 2147483648}}' \
		'{"execute": "qom-set", "arguments": {"path": "vmem", "property": "requested-size", "value": 0}}'
) > "$out/soak.said" 2>&1 &
operator=$!
guest=
trap 'kill $operator $guest 2>/dev/null || true; rm -f "$socket"' EXIT
trap 'exit 130' INT TERM HUP

SMP=4 MEM=2048,maxmem=4G KERNEL=build/linux-6.12-debug/vmlinux \
	APPEND='panic_on_warn=1 page_owner=on cma=32M movablecore=768M suspend.pm_test_delay=1
		memhp_default_state=online_movable' \
	DEVICES="-qmp unix:$socket,server=on,wait=off
		-object memory-backend-ram,id=vmem-memory,size=256M
		-device virtio-mem-pci,id=vmem,memdev=vmem-memory,requested-size=0" \
	clean-guest.sh "$console" -1 -s "$out/soak.tsv" -t $((seconds * 3 + 900)) -- \
	soak.sh "$seconds" "$seed" &
guest=$!
wait $guest
guest=
awk -v mib=256 -f "$vm/curve.awk" "$out/soak.tsv" |
	awk '{ print $2, "of", $1, "MiB back"; exit !($2 >= $1 * 0.9) }'
tr -d '\r' < "$console" | sed -n 's/^@did //p' | tr '\n' ';'
echo
# What the balloon and virtio-mem come to is an event that nobody waits for.
[ "$(grep -c '"STOP"' "$out/soak.said")" -gt 0 ]
grep -c '"return"' "$out/soak.said" | sed 's/$/ commands to QEMU/'
echo "$seconds s, no splat, the counters add up"
