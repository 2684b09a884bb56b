# SPDX-License-Identifier: GPL-2.0
#
# What hinting is to achieve with its default settings after real work, and whether
# it did: a line for each target, from the tables of one "make density" as input
# files of ../bench/tables.awk.

# One figure by another; what was not measured is none.
function by(one, other) {
	return one >= 1e11 || other >= 1e11 || !other ? 1e12 : one / other
}

function left(variant,   excess) {
	excess = median("footprint", variant, "hinting", "excess")
	target(1, sprintf("%s, resident when idle: %s of what is in use and 16 MiB, at most 1.05 (page reporting %s, neither %s)",
			  variant, text(excess, "%.2f"),
			  text(median("footprint", variant, "reporting", "excess"), "%.2f"),
			  text(median("footprint", variant, "none", "excess"), "%.2f")),
	       excess <= 1.05)
}

# How far the runs of an arm are apart, by their median.
function spread(variant, arm, column,   key, n, least, most) {
	key = "footprint" SUBSEP variant SUBSEP arm SUBSEP column
	least = 1e12
	for (n = 1; n <= runs[key]; n++) {
		least = value[key, n] < least ? value[key, n] : least
		most = value[key, n] > most ? value[key, n] : most
	}
	return by(most - least, median("footprint", variant, arm, column))
}

# Beside none, in pairs.
function run_time(number, variant, column, what, most,   ours) {
	ours = ratio("footprint", variant, "hinting", "none", column)
	target(number, sprintf("%s, %s: %s of none, at most %s; runs of none are up to %s apart",
			       variant, what, text(ours, "%.3f"), most,
			       text(spread(variant, "none", column), "%.3f")),
	       ours <= most)
}

# Of page reporting's; a guest can't be below what it has in use.
function mean(variant,   theirs, share, least) {
	theirs = median("footprint", variant, "reporting", "mean-MiB")
	share = by(median("footprint", variant, "hinting", "mean-MiB"), theirs)
	least = by(median("footprint", variant, "hinting", "mean-used-MiB"), theirs)
	target(2, sprintf("%s, mean resident: %s of page reporting, at most 0.83 (what the guest had in use: %s)",
			  variant, text(share, "%.2f"), text(least, "%.2f")), share <= 0.83)
}

function footprint(   n, i, variant, keep, share) {
	n = variants["footprint"]
	for (i = 1; i <= n; i++) {
		variant = name["footprint", i]
		if (median("footprint", variant, "hinting", "excess") < 1e11)
			left(variant)
	}
	keep = "compile keep twice"
	if (!(("footprint", keep) in known))
		return
	mean(keep)
	mean("farm keep")
	run_time(2, keep, "job-s", "run time", 1.02)
	run_time(2, keep, "CPU-s", "CPU time", 1.03)
	# By what is in use without the page cache.
	variant = "compile keep"
	share = by(median("footprint", variant, "hinting-profile", "left-MiB"),
		   1.25 * (median("footprint", variant, "hinting-profile", "used-MiB") - \
			   median("footprint", variant, "hinting-profile", "cached-MiB")) + 16)
	target(3, sprintf("%s, cold cache dropped, resident 90 s later: %s of what is allowed", variant,
			  text(share, "%.2f")), share <= 1)
	run_time(4, keep, "next-s", "run time of the job after the idling", 1.03)
	share = by(median("footprint", keep, "hinting", "next-huge-MiB"),
		   median("footprint", keep, "hinting", "huge-MiB"))
	target(4, sprintf("%s, huge pages behind the next job: %s of those before, at least 0.9", keep,
			  text(share, "%.2f")), share < 1e11 && share >= 0.9)
}

function server(   pace) {
	# Tables of before it was counted lack it.
	pace = ratio("server", "60 % counted", "hinting-profile", "hinting", "MiB/s")
	if (pace < 1e11)
		target(3, sprintf("file server, cold cache dropped, in instructions: %s of its throughput, at least 0.98",
				  text(pace, "%.4f")), pace >= 0.98)
	pace = ratio("server", "60 %", "hinting-profile", "hinting", "MiB/s")
	target(3, sprintf("file server, cold cache dropped: %s of its throughput, at least 0.98",
			  text(pace, "%.3f")), pace < 1e11 && pace >= 0.98)
}

function saved(   level, share) {
	for (level = 1; level <= 2; level++) {
		share = median("saved", "snapshot", "hinting-flush-" level, "ratio")
		target(6, sprintf("snapshot 0.1 s after 512 MiB were freed, flush %d: %s of what is in use, at most 1.1 (without a flush %s, neither %s)",
				  level, text(share, "%.2f"),
				  text(median("saved", "snapshot", "hinting", "ratio"), "%.2f"),
				  text(median("saved", "snapshot", "none", "ratio"), "%.2f")),
		       share > 0.5 && share <= 1.1)
	}
}

END {
	if ("footprint" in has) footprint()
	if ("server" in has) server()
	if ("saved" in has) saved()
}
