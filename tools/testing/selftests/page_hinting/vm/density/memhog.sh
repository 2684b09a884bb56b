# SPDX-License-Identifier: GPL-2.0
# Three guests, one after another as in fit.sh, each with a program of 6 GiB as
# "memhog 6G" is, under the cap with swap beside it. What does not come back
# has to be swapped out while the next program runs.
#
# program-s	seconds the guest's program took; "-" if it was killed
# refused	charges that the limit refused so far
# killed	QEMUs that the kernel killed so far for want of memory
# swapped-MiB	in swap after it
# held-MiB	in the cgroup after it
#
# The variant is MiB of a guest and of its program, of swap, and which guest.

columns program-s refused killed swapped-MiB held-MiB
if swap_on "$swap" "$swap_mib"; then
	hog_swap=$swap_mib
else
	echo "no swap file here: the cap alone"
	hog_swap=0
fi
for run in $(runs 1 1); do
	for arm in none reporting hinting; do
		turns $arm "$run" "$hog_mib" "$hog_program" $hog_swap 3
		end_guests
		cap_remove
		for guest in 1 2 3; do
			row "$hog_mib $hog_program $hog_swap $guest" $arm "$run" \
				"$(seconds_of_program $guest)" \
				"$(cat "$(guest_file $guest after)" 2>/dev/null || echo '-	-	-	-')"
		done
	done
done
swap_off "$swap"
