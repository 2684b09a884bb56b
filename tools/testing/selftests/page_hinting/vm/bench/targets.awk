# SPDX-License-Identifier: GPL-2.0
#
# What hinting is to achieve with its default settings, and whether it did: a
# line for each target, from the tables of one "make bench" as input files of
# tables.awk.

function release(   ours, theirs, held, exited) {
	ours = median("release", "4096 munmap always", "hinting", "99%")
	theirs = median("release", "4096 munmap always", "reporting", "99%")
	target(1, sprintf("4 GiB, 99 %% back: %s s, at most 0.5 (page reporting %s)",
			  text(ours, "%.2f"), text(theirs, "%.2f")), ours <= 0.5)
	held = median("release", "4096 munmap always", "reporting", "MiB-s-held") / \
	       median("release", "4096 munmap always", "hinting", "MiB-s-held")
	target(1, sprintf("4 GiB, held for nothing: 1/%.0f of page reporting, at most 1/30", held),
	       held >= 30)
	exited = median("release", "4096 exit always", "hinting", "99%")
	target(1, sprintf("4 GiB by exit: %s s, within 0.05 s of munmap", text(exited, "%.2f")),
	       exited <= ours + 0.05)
	ours = median("release", "1024 munmap always", "hinting", "99%")
	exited = median("release", "1024 exit always", "hinting", "99%")
	target(1, sprintf("1 GiB, 99 %% back: %s s, by exit %s s, at most 0.3",
			  text(ours, "%.2f"), text(exited, "%.2f")),
	       ours <= 0.3 && exited <= 0.3)
}

function churn(   pause, share, pace, cpu) {
	for (pause = 0; pause <= 400; pause = pause ? 8 * pause : 50) {
		share = median("churn", pause, "hinting", "discarded-%")
		target(2, sprintf("churn, pause %d ms, discarded for nothing: %s %%, at most 5",
				  pause, text(share, "%.1f")), share <= 5)
		pace = ratio("churn", pause, "hinting", "none", "cycles/min")
		cpu = ratio("churn", pause, "hinting", "none", "CPU-ms/cycle")
		target(2, sprintf("churn, pause %d ms: cycles %s of none, at least 0.98; or CPU time a cycle %s, at most 1.02",
				  pause, text(pace, "%.3f"), text(cpu, "%.3f")),
		       pace < 1e11 && pace >= 0.98 || cpu <= 1.02)
	}
	if (!("instructions" in has))
		return
	cpu = ratio("instructions", "churn 0", "hinting", "none", "instructions")
	target(2, sprintf("churn, pause 0 ms, instructions a cycle: %s of none, at most 1.02",
			  text(cpu, "%.4f")), cpu <= 1.02)
}

function quiet(   pause, time) {
	for (pause = 0; pause <= 400; pause = pause ? 8 * pause : 50) {
		time = median("quiet", pause, "hinting", "99%")
		target(3, sprintf("churn, pause %d ms, then quiet, 99 %% back: %s s, at most 3",
				  pause, text(time, "%.2f")), time <= 3)
	}
}

function page_fault1(   n, i, variant, one, least, most, most_4, pace, self) {
	least = 1e12
	n = variants["instructions"]
	for (i = 1; i <= n; i++) {
		if (name["instructions", i] ~ /^churn/)
			continue
		one = ratio("instructions", name["instructions", i], "hinting", "none", "instructions")
		least = one < least ? one : least
		most = one > most ? one : most
		one = ratio("instructions", name["instructions", i], "hinting-4", "none", "instructions")
		most_4 = one < 1e11 && one > most_4 ? one : most_4
	}
	target(4, sprintf("page_fault1, instructions a fault: %s to %s of none, at most 1.002",
			  text(least, "%.4f"), text(most, "%.4f")), n && most <= 1.002)
	target(4, sprintf("page_fault1, min_order 4, instructions a fault: at most %s of none, at most 1.01",
			  text(most_4, "%.4f")), most_4 && most_4 <= 1.01)
	n = variants["faults"]
	for (i = 1; i <= n; i++) {
		variant = name["faults", i]
		pace = ratio("faults", variant, "hinting", "none", "faults/s")
		self = ratio("faults", variant, "none-again", "none", "faults/s")
		target(4, sprintf("page_fault1, %s, faults a second: %s of none, at least 0.98 or what none is of itself, %s",
				  variant, text(pace, "%.3f"), text(self, "%.3f")),
		       pace < 1e11 && (pace >= 0.98 || pace >= self))
	}
}

function mean_cost(arm) {
	return (median("churn", 0, arm, "discarded-%") + \
		median("churn", 50, arm, "discarded-%") + \
		median("churn", 400, arm, "discarded-%")) / 3
}

function plane(   arms, n, i, arm, better) {
	n = split("reporting reporting-1000 reporting-250 reporting-100 reporting-20", arms, " ")
	for (i = 1; i <= n; i++) {
		arm = arms[i]
		if (median("release", "4096 munmap always", arm, "99%") < \
		    median("release", "4096 munmap always", "hinting", "99%") && \
		    mean_cost(arm) < mean_cost("hinting"))
			better = better " " arm
	}
	target(5, "delays of page reporting that are sooner and cost less: " (better ? better : "none"),
	       !better && mean_cost("hinting") < 1e11)
}

function fragmented(   n, i, variant, ours, theirs) {
	n = variants["fragmented"]
	for (i = 1; i <= n; i++) {
		variant = name["fragmented", i]
		ours = median("fragmented", variant, "hinting", "MiB-back")
		theirs = median("fragmented", variant, "reporting", "MiB-back")
		target(6, sprintf("fragmented, a survivor in %s KiB: %d MiB back, page reporting %d",
				  variant, ours, theirs), ours >= theirs)
	}
}

function latency(   ours, theirs) {
	ours = median("latency", 4096, "hinting", "freeing-ms")
	theirs = median("latency", 4096, "reporting", "freeing-ms")
	target(7, sprintf("largest stall while 4 GiB are freed: %s ms, page reporting %s",
			  text(ours, "%.1f"), text(theirs, "%.1f")), ours <= theirs)
}

function idle(   key, n, items, ours, theirs) {
	for (key in runs)
		if (key ~ "^idle" SUBSEP ".*" SUBSEP "hinting" SUBSEP "work-items$")
			for (n = 1; n <= runs[key]; n++)
				items += value[key, n]
	target(8, items + 0 " work items in an idle guest", !items && "idle" in has)
	ours = median("release", "4096 munmap always", "hinting", "CPU-ms")
	theirs = median("release", "4096 munmap always", "reporting", "CPU-ms")
	target(8, sprintf("CPU time, 4 GiB and 20 s: %s ms, page reporting %s, neither %s",
			  text(ours, "%d"), text(theirs, "%d"),
			  text(median("release", "4096 munmap always", "none", "CPU-ms"), "%d")),
	       ours <= theirs)
	ours = median("release", "4096 munmap always", "hinting", "discards") / 4
	theirs = median("release", "4096 munmap always", "reporting", "discards") / 4
	target(8, sprintf("discards a GiB: %s, page reporting %s",
			  text(ours, "%d"), text(theirs, "%d")), ours <= theirs)
}

END {
	if ("release" in has) release()
	if ("churn" in has) churn()
	if ("quiet" in has) quiet()
	if ("instructions" in has || "faults" in has) page_fault1()
	if ("release" in has && "churn" in has) plane()
	if ("fragmented" in has) fragmented()
	if ("latency" in has) latency()
	if ("idle" in has) idle()
}
