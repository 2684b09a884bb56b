#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests, or those named, one after another. A test is a script in
# tests/: it ends with 0 if it passes, 77 if it can't run here, 75 if something
# took longer than it should, which a busy machine can be the reason of: then it
# runs again, three times in all, and we say so. What it prints is in
# build/check/NAME.log (.1, .2: attempts before). How those that failed ended is
# shown again at the end. The last line is "N passed, N failed".
#
# usage: check.sh [-d FOLDER] [NAME...]
#
# -d takes the tests from another folder beside this script: tests-long
set -u

folder=tests
if [ "${1:-}" = -d ]; then
	folder=$2
	shift 2
fi

here=$(dirname "$0")
out=build/check
mkdir -p $out
rm -f $out/*.log $out/*.log.[12]
export PATH="$here:$PATH" vm="$here" out

if [ $# = 0 ]; then
	set -- $(cd "$here/$folder" && ls ./*.sh | sed 's,./\(.*\).sh,\1,')
fi

# A test is a process group of its own: a signal reaches all that it started.
child=
stop()
{
	trap '' INT TERM HUP
	[ -z "$child" ] || kill -TERM -"$child" 2>/dev/null
	wait
	echo "interrupted"
	exit 130
}
trap stop INT TERM HUP

begin=$(date +%s)
passed=0
failed=0
skipped=0
failures=
for name; do
	if ! [ -f "$here/$folder/$name.sh" ]; then
		echo "no test $name; there are: $(cd "$here/$folder" && ls)" >&2
		exit 2
	fi
	began=$(date +%s)
	printf '%5d s  %-14s ' $((began - begin)) "$name"
	status=75
	slow=
	for attempt in 1 2 3; do
		[ $status = 75 ] || break
		if [ $attempt -gt 1 ]; then
			slow=" at attempt $attempt"
			mv "$out/$name.log" "$out/$name.log.$((attempt - 1))"
		fi
		setsid sh "$here/$folder/$name.sh" > "$out/$name.log" 2>&1 < /dev/null &
		child=$!
		wait $child
		status=$?
		child=
	done
	took=$(($(date +%s) - began))
	said=$(tail -n 1 "$out/$name.log" | tr -d '\r' | cut -c 1-100)
	case $status in
	0) passed=$((passed + 1)); verdict=ok ;;
	77) skipped=$((skipped + 1)); verdict=skipped ;;
	*) failed=$((failed + 1)); verdict=FAILED; failures="$failures $name" ;;
	esac
	printf '%s%s (%d s): %s\n' "$verdict" "$slow" $took "$said"
	[ "$verdict" != FAILED ] || tail -n 25 "$out/$name.log" | sed 's/^/	| /'
done

echo
for name in $failures; do
	echo "$name failed:"
	tail -n 6 "$out/$name.log" | cut -c 1-300 | sed 's/^/	| /'
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
