# SPDX-License-Identifier: GPL-2.0
# How many guests fit under the cap: they start one after another, each runs a
# program that touches and frees most of its guest's memory before the next
# one comes, and then idles. No swap. An arm ends when the cap is reached, or
# with as many guests as we have time for.
#
# fit		guests whose program ended before the limit refused anything
# tried		guests that were started
# refused	charges that the limit refused, as in cap.sh
# killed	QEMUs that the kernel killed for want of memory
# swapped-MiB	should be 0
# peak-MiB	what the cgroup has held at most
# program-s	seconds a program took; the median, as in the following
# held-s	seconds that a freed MiB stayed at the host, on average until
#		95 % of the program's memory were back; "-" if they never were
# idle-MiB	resident memory of a guest that idles
# idle-CPU-ms/s	and its QEMU's CPU milliseconds a second
#
# The last two are of the last ten seconds, after ten to settle, and of those
# guests that fit. The variant is MiB of a guest and of its program.

# usage: idle GUEST	prints MiB and CPU ms/s of its last ten seconds
idle()
{
	awk -F '\t' '
		NR == FNR { if ($3 == "-") end = $1; next }
		$3 == "-" && $1 >= end - 10000 {
			if (!n++) { t = $1; cpu = $6 }
			sum += $2
			s = ($1 - t) / 1000
			used = $6 - cpu
		}
		END { printf "%d\t%.1f\n", sum / n / 1024, s ? used / s : 0 }' \
		"$(guest_file "$1" samples)" "$(guest_file "$1" samples)"
}

# usage: held GUEST
held()
{
	awk -F '\t' -v mib="$fit_program" '
		$3 ~ /^@free/ { t = last = $1; top = $2 }
		t && $3 == "-" {
			back = (top - $2) / 1024
			held += (mib - back) * ($1 - last) / 1000
			last = $1
			if (back >= mib * 0.95) { done = 1; exit }
		}
		END { print done ? sprintf("%.2f", held / mib) : "-" }' \
		"$(guest_file "$1" samples)"
}

# usage: of_those FUNCTION	what it prints for each guest that fits
of_those()
{
	for guest in $(seq "$fit"); do
		"$1" "$guest"
	done
}

columns fit tried refused killed swapped-MiB peak-MiB program-s held-s idle-MiB idle-CPU-ms/s
for run in $(runs 1 1); do
	for arm in none reporting hinting; do
		turns $arm "$run" "$fit_mib" "$fit_program" 0 "$fit_most"
		peak=$(cap_peak)
		# What did not fit goes, the others settle.
		[ $fit = $tried ] || ! alive "$pid" || kill "$pid" 2>/dev/null || true
		progress "$fit guests idle for 20 s"
		for second in $(seq 20); do
			sleep 1
		done
		end_guests
		cap_remove
		row "$fit_mib $fit_program" $arm "$run" $fit $tried "$refused" "$killed" \
			"$swapped" "$peak" \
			"$(of_those seconds_of_program | median)" \
			"$(of_those held | median)" \
			"$(of_those idle | cut -f 1 | median)" \
			"$(of_those idle | cut -f 2 | median)"
	done
done
