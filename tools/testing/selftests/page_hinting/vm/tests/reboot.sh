# SPDX-License-Identifier: GPL-2.0
# The guest reboots three times with batches in flight; then memory comes back
# as ever. The boots are counted by the year of the clock, which a reset keeps.
set -eu

MEM=768 DEVICES='-action reboot=reset -rtc base=2020-01-01' \
	clean-guest.sh "$out/reboot.console" -s "$out/reboot.tsv" -t 200 -- \
	reboot-under-load.sh 2023
[ "$(grep -ac ^@loaded "$out/reboot.console")" = 3 ]
printf "3 reboots, "
back.sh 256 "$out/reboot.tsv"
