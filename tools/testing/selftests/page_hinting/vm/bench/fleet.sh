# SPDX-License-Identifier: GPL-2.0
# Six guests of 2 GiB (quick: three) hold 1.5 GiB each and free them one after
# another, a second apart: seconds from the first one's freeing until the sum of their
# resident memory has settled, that is, has 99 % of what it falls by; and
# MiB x seconds held for nothing meanwhile.
#
# The variant is the number of guests.

# Seconds of each guest's samples by the host's clock.
fleet()
{
	arm=$1 run=$2
	pids=
	first=$(date +%s%N)
	for guest in $(seq $guests); do
		arm "$arm"
		echo "$(($(date +%s%N) / 1000000 - first / 1000000))" > "$work/fleet-$guest.offset"
		# They all have filled their memory long before the first frees it.
		SMP=1 MEM=2048 guest.sh -s "$work/fleet-$guest.samples" \
			-c "$work/fleet-$guest.console" -t 400 -- \
			hold 1536 munmap "$((hold_ms + guest * 1000))" 40000 &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" || { echo "bench: a guest failed" >&2; exit 1; }
	done
	row $guests "$arm" "$run" "$(for guest in $(seq $guests); do
		awk -F '\t' -v guest="$guest" -v offset="$(cat "$work/fleet-$guest.offset")" '
			$3 ~ /^@exit/ { exit }
			{ print ($1 + offset), guest, $2, $3 }' "$work/fleet-$guest.samples"
	done | sort -n | awk -v guests=$guests '
		/@free/ && !begin { begin = $1; want = guests * 1536 }
		/@free/ { freed++ ; free_mib += 1536 }
		/@/ { next }
		{ sum += $3 - kib[$2]; kib[$2] = $3 }
		begin { n++; t[n] = ($1 - begin) / 1000; mib[n] = sum / 1024; owed[n] = free_mib
			if (!top) top = mib[1] }
		END {
			for (i = 1; i <= n && top - mib[i] < 0.99 * want; i++)
				if (i > 1 && owed[i] > top - mib[i])
					held += (owed[i] - (top - mib[i])) * (t[i] - t[i - 1])
			printf "%s\t%d", i <= n ? sprintf("%.2f", t[i]) : "-", held
		}')"
}

columns settled MiB-s-held
[ -z "$quick" ] && guests=6 hold_ms=25000 || guests=3 hold_ms=15000
for run in $(runs 1 1); do
	for arm in hinting reporting reporting-250; do
		[ $arm != reporting-250 ] || [ -z "$quick" ] || continue
		fleet $arm "$run"
	done
done
