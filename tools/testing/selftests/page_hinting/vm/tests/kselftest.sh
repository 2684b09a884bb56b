# SPDX-License-Identifier: GPL-2.0
# The kselftests, in a guest with the ordinary kernel and one with the debug
# kernel.
set -eu

# At most the one test is skipped that needs a guest that is quiet.
totals='^# Totals: pass:[1-9][0-9]* fail:0 .*skip:[01] '
guest.sh -c "$out/kselftest.console" -t 300 -- page_hinting_test
tr -d '\r' < "$out/kselftest.console" | grep "$totals"
KERNEL=build/linux-6.12-debug/vmlinux APPEND='panic_on_warn=1' \
	clean-guest.sh "$out"/kselftest-debug.console -t 600 -- page_hinting_test
tr -d '\r' < "$out"/kselftest-debug.console | grep "$totals"
