#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the tests, or those named. A test is a script in tests/: it ends with 0 if
# it passes, 77 if it can't run here, 75 if something took longer than it should,
# which a busy machine can be the reason of: then it runs again, three times in
# all, and we say so. What it prints is in build/check/NAME.log (.1, .2: attempts
# before). How those that failed ended is shown again at the end. The last line is
# "N passed, N failed".
#
# Two at a time; then, one after another, those that have a line
#
#	# alone: WHY
#
# since they measure what another test would disturb, or disturb others. What
# took too long beside another runs again alone.
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

# Those that run, as NAME:PID:SECONDS, the time of their start. A test is a
# process group of its own: a signal reaches all that it started.
running=
stop()
{
	trap '' INT TERM HUP
	for job in $running; do
		# It may not be a group yet.
		end_group "$job" || kill -TERM "$group" 2>/dev/null
	done
	wait
	echo "interrupted"
	exit 130
}
trap stop INT TERM HUP

# usage: end_group JOB	those who don't want to, after ten seconds
end_group()
{
	group=${1#*:}
	group=${group%:*}
	kill -TERM -"$group" 2>/dev/null || return
	for tenth in $(seq 100); do
		kill -0 -"$group" 2>/dev/null || return
		sleep 0.1
	done
	kill -KILL -"$group" 2>/dev/null
}

begin=$(date +%s)
said_at=$begin
passed=0
failed=0
skipped=0
failures=
again=

# usage: show FORMAT ARGUMENT...	a line, at $now, in place of what start() shows
show()
{
	said_at=$now
	[ ! -t 1 ] || printf '\r\033[K'
	format=$1
	shift
	# shellcheck disable=SC2059
	printf "%5d s  $format\n" $((now - begin)) "$@"
}

# usage: start NAME
start()
{
	setsid sh "$here/$folder/$1.sh" > "$out/$1.log" 2>&1 < /dev/null &
	running="$running $1:$!:$(date +%s)"
	[ ! -t 1 ] || printf '\r\033[K%5d s  %s ...' $(($(date +%s) - begin)) "$1"
}

# usage: say_what_runs	at most once a minute, for tests that take long
say_what_runs()
{
	now=$(date +%s)
	[ $((now - said_at)) -ge 60 ] || return
	names=
	for job in $running; do
		names="$names ${job%%:*}"
	done
	show '%s ...' "${names# }"
}

# Until one of those that run has ended.
reap()
{
	set --
	while [ $# = 0 ]; do
		for job in $running; do
			pid=${job#*:}
			kill -0 "${pid%:*}" 2>/dev/null || { set -- "$job"; break; }
		done
		[ $# = 1 ] || { say_what_runs; sleep 0.2; }
	done
	pid=${1#*:}
	wait "${pid%:*}"
	status=$?
	left=
	for job in $running; do
		[ "$job" = "$1" ] || left="$left $job"
	done
	# What it has left behind.
	end_group "$1"
	running=$left
	ended "${1%%:*}" $status ${1##*:}
}

# usage: ended NAME STATUS BEGAN
ended()
{
	name=$1 status=$2 now=$(date +%s)
	attempt=1
	while [ -f "$out/$name.log.$attempt" ]; do
		attempt=$((attempt + 1))
	done
	said=$(tail -n 1 "$out/$name.log" | tr -d '\r' | cut -c 1-100)
	slow=
	[ $attempt = 1 ] || slow=" at attempt $attempt"
	case $status in
	0) passed=$((passed + 1)); verdict=ok ;;
	77) skipped=$((skipped + 1)); verdict=skipped ;;
	75)
		verdict="too slow, again"
		[ $attempt -lt 3 ] || verdict=FAILED
		;;
	*) verdict=FAILED ;;
	esac
	show '%-14s %s%s (%d s): %s' "$name" "$verdict" "$slow" $((now - $3)) "$said"
	case $verdict in
	FAILED)
		failed=$((failed + 1))
		failures="$failures $name"
		tail -n 25 "$out/$name.log" | sed 's/^/	| /'
		;;
	too*)
		again="$again $name"
		mv "$out/$name.log" "$out/$name.log.$attempt"
		;;
	esac
}

# usage: run_all MOST NAME...	so many at a time
run_all()
{
	most=$1
	shift
	for next; do
		while [ "$(echo "$running" | wc -w)" -ge "$most" ]; do
			reap
		done
		start "$next"
	done
	while [ -n "$running" ]; do
		reap
	done
}

alone=
beside=
for name; do
	if ! [ -f "$here/$folder/$name.sh" ]; then
		echo "no test $name; there are: $(cd "$here/$folder" && ls)" >&2
		exit 2
	fi
	if grep -q '^# alone: ' "$here/$folder/$name.sh"; then
		alone="$alone $name"
	else
		beside="$beside $name"
	fi
done
# shellcheck disable=SC2086
run_all 2 $beside
# shellcheck disable=SC2086
run_all 1 $alone
while [ -n "$again" ]; do
	too_slow=$again
	again=
	# shellcheck disable=SC2086
	run_all 1 $too_slow
done

echo
for name in $failures; do
	echo "$name failed:"
	tail -n 6 "$out/$name.log" | cut -c 1-300 | sed 's/^/	| /'
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
