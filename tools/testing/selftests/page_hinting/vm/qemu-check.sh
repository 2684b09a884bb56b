#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# QEMU's own tests of the balloon, with no guest: QEMU is built with ASan and
# UBSan, and what they find is a failure. Guards that no descriptor makes
# QEMU discard anything but the memory that was hinted, that what was hinted
# is counted as discarded or skipped, and that nothing is discarded after a
# reset, an unplug or a stop. Then guests: their counters agree with QEMU's,
# and one migrates. And the series applies, and passes checkpatch.
#
# usage: qemu-check.sh	(from the top)
#
# With BALLOON_FUZZ_SECONDS=600 random buffers are tried that long, twice.
set -u

here=$(dirname "$0")
tree=build/source/qemu-10.0
out=build/qemu-asan
log=build/check/qemu.log
programs="virtio-balloon-reporting-test virtio-balloon-test qmp-cmd-test"

targets=qemu-system-x86_64
for program in $programs; do
	targets="$targets tests/qtest/$program"
done
"$here"/qemu.sh $tree $out "$targets" --enable-asan --enable-ubsan || exit 1

mkdir -p build/check
: > $log

# For the memory backend with huge pages; where there are none it is skipped.
huge_pages=/proc/sys/vm/nr_hugepages
had=$(cat $huge_pages)
trap 'echo "$had" > $huge_pages' EXIT
trap 'exit 130' INT TERM HUP
echo $((had + 32)) > $huge_pages || :

# QEMU does not free everything when it exits.
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export QTEST_QEMU_BINARY=./qemu-system-x86_64
passed=0
failed=0
skipped=0
for program in $programs; do
	first=$(($(wc -l < $log) + 1))
	(cd $out && timeout 3000 "tests/qtest/$program" --tap -k) >> $log 2>&1
	status=$?
	said=$(tail -n +$first $log)
	ok=$(echo "$said" | grep '^ok ' | grep -vc '# SKIP')
	skip=$(echo "$said" | grep -c '^ok .*# SKIP')
	bad=$(echo "$said" | grep -c '^not ok ')
	if echo "$said" | grep -q -e 'ERROR: AddressSanitizer' -e 'runtime error:' ||
	   { [ $status != 0 ] && [ "$bad" = 0 ]; }; then
		bad=$((bad + 1))
	fi
	echo "  $program: $ok ok, $skip skipped, $bad failed"
	passed=$((passed + ok))
	skipped=$((skipped + skip))
	failed=$((failed + bad))
done

# usage: also NAME COMMAND...
also()
{
	name=$1
	shift
	if QEMU=build/qemu/qemu-system-x86_64 "$@" > build/check/qemu-also.log 2>&1; then
		echo "  $name: ok"
		passed=$((passed + 1))
	else
		echo "  $name: failed"
		failed=$((failed + 1))
	fi
	cat build/check/qemu-also.log >> $log
}

also "series" "$here"/qemu-series.sh
also "counters agree; migration, iothread" \
	env PATH="$here:$PATH" sh "$here"/tests/qemu.sh
also "migration" "$here"/migrate.sh 1 precopy qemu-main-loop
export BALLOON=virtio-balloon-pci,free-page-reporting=on,reporting-iothread=io0
also "postcopy, iothread" "$here"/migrate.sh 1 postcopy qemu-postcopy

[ $failed = 0 ] || grep -v '^ok ' $log | tail -n 40 | sed 's/^/        | /'
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed != 0 ]
