# SPDX-License-Identifier: GPL-2.0
# What a guest's state takes when it is saved, or moved to another QEMU, a tenth of a
# second after it has freed 512 MiB, half of that in pieces.
#
# The variant is "snapshot" (savevm), or "moved" and whether the RAM is private memory
# or a memfd. The arms hinting-flush-N flush at that level before, hinting-flush-after
# once the guest has been moved.
#
# used-MiB	of RAM that the guest has in use when it is saved
# saved-MiB	that the snapshot takes, or went over the wire
# ratio		of the two
# RAM-MiB	resident of its RAM at the destination, five seconds later

# usage: begin_saved GUEST [QEMU OPTION...]	see guest/saved.sh
begin_saved()
{
	guest=$1
	shift
	before=- after=-
	case $arm in
	hinting-flush-after) after=1 ;;
	hinting-flush-*) before=${arm##*-} ;;
	esac
	for file in console qmp wire; do
		rm -f "$(guest_file "$guest" $file)"
	done
	QEMU_MORE="-qmp unix:$(guest_file "$guest" qmp),server=on,wait=off $*" VMRUN_MORE=-r \
		start "$guest" $mib "saved.sh $mib $before $after"
}

# usage: until_said MARK GUEST
until_said()
{
	until said "$1" "$2"; do
		alive "$pid" || failed "$2"
		sleep 0.1
	done
}

# usage: tell GUEST QMP...
tell()
{
	socket=$(guest_file "$1" qmp)
	shift
	build/guest/qmp -t 120 "$socket" "$@" > "$work/said" || { cat "$work/said" >&2; exit 1; }
}

# usage: marked MARK GUEST	what stands behind it
marked()
{
	tr -d '\r' < "$(guest_file "$2" console)" | sed -n "s/^@$1 //p"
}

# usage: saved_row VARIANT BYTES RAM-MiB
saved_row()
{
	used=$(marked ready source)
	row "$1" "$arm" "$run" $((used / 1024)) $(($2 >> 20)) \
		"$(awk "BEGIN { printf \"%.3f\", $2 / 1024 / $used }")" "$3"
}

snapshot()
{
	image=$(guest_file source img)
	qemu-img create -q -f qcow2 "$image" 1M
	empty=$(stat -c '%b * %B' "$image")
	begin_saved source "-drive if=none,id=state,file=$image,cache=unsafe"
	until_said ready source
	tell source '{"execute": "human-monitor-command", "arguments": {"command-line": "savevm state"}}'
	# Success says nothing.
	grep -qF '{"return": ""}' "$work/said" || { cat "$work/said" >&2; exit 1; }
	end_guests
	saved_row snapshot $(($(stat -c '%b * %B' "$image") - ($empty))) -
	rm "$image"
}

# usage: moved VARIANT [QEMU OPTION...]
moved()
{
	variant=$1
	shift
	wire=unix:$(guest_file destination wire)
	begin_saved destination "$@" "-incoming $wire"
	until [ -S "${wire#unix:}" ]; do
		alive "$pid" || failed destination
		sleep 0.1
	done
	there=$pid
	begin_saved source "$@"
	until_said ready source
	tell source '{"execute": "migrate-set-parameters", "arguments":
		{"max-bandwidth": 4000000000, "downtime-limit": 3000}}' \
		'{"execute": "migrate", "arguments": {"uri": "'"$wire"'"}}'
	until grep -q '"status": "completed"' "$work/said"; do
		! grep -q '"status": "failed"' "$work/said" || failed source
		alive "$there" || failed destination
		sleep 0.1
		tell source '{"execute": "query-migrate"}'
	done
	bytes=$(sed -n 's/.*"ram": {.*"transferred": \([0-9]*\).*/\1/p' "$work/said" | tail -n 1)
	tell destination '{"execute": "balloon", "arguments": {"value": '$(((mib - 16) << 20))'}}'
	pid=$there
	until_said moved destination
	sleep 5
	# So that the samples are complete.
	end_guests
	resident=$(awk -F '\t' '$3 == "-" { kib = $9 } END { print int(kib / 1024) }' \
		"$(guest_file destination samples)")
	saved_row "$variant" "$bytes" "$resident"
}

mib=1024
CAP=
export CAP
columns used-MiB saved-MiB ratio RAM-MiB
for run in $(runs 3 1); do
	for arm in none reporting hinting hinting-flush-1 hinting-flush-2; do
		snapshot
	done
	for arm in none reporting hinting hinting-flush-1 hinting-flush-2 hinting-flush-after; do
		moved "moved, private"
		moved "moved, memfd" "-object memory-backend-memfd,id=ram,size=${mib}M,share=on" \
			"-machine memory-backend=ram"
	done
done
