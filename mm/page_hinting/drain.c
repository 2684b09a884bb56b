// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, drain: what was freed page by page is partly still in the
 * per-CPU page lists, up to an eighth of the memory, where it keeps the rest of its
 * block from merging. So when a burst is over the lists are drained, each when its
 * CPU idles: a busy CPU is about to use what is in its own.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>

#include "../internal.h"
#include "internal.h"

/* Candidates that make a burst; and how long none comes after it. */
#define BURST		8
#define BURST_IS_OVER	(HZ / 10UL)

/* Since when what a drain of ours frees is free; jiffies, or 0. */
unsigned long page_hinting_drains_since;

/* The pass's. */
static unsigned int burst;		/* candidates since the last one */
static unsigned long burst_at;		/* when the last of them came; jiffies */
static struct cpumask full;		/* lists that may have some of it */
static unsigned long wait;		/* until the next look at their CPUs; jiffies */
static DEFINE_PER_CPU(u64, idle_before);
static u64 looked_before;		/* as those, in us */

/*
 * Drains the lists of CPUs that were idle for three quarters of the time since this was
 * called last; with not @drains none, it begins that time.
 */
static bool drain_idle(bool drains)
{
	u64 now = ktime_to_us(ktime_get()), elapsed = now - looked_before;
	bool any = false;
	int cpu;

	looked_before = now;
	for_each_cpu_and(cpu, &full, cpu_online_mask) {
		u64 idle = page_hinting_idle_us(cpu);
		u64 before = per_cpu(idle_before, cpu);

		per_cpu(idle_before, cpu) = idle;
		if (!drains || idle - before < elapsed / 4 * 3)
			continue;
		/* What becomes whole was freed with the burst, and waits no longer. */
		WRITE_ONCE(page_hinting_drains_since,
			   (burst_at - page_hinting_age()) | 1);
		drain_pages(cpu);
		WRITE_ONCE(page_hinting_drains_since, 0);
		cpumask_clear_cpu(cpu, &full);
		any = true;
	}
	return any;
}

/* So many candidates came. */
void page_hinting_burst(unsigned int nr)
{
	if (!nr)
		return;
	burst += nr;
	burst_at = jiffies;
	if (burst >= BURST) {
		cpumask_copy(&full, cpu_online_mask);
		burst = 0;
	}
	if (!cpumask_empty(&full)) {
		wait = BURST_IS_OVER;
		drain_idle(false);
	}
}

/*
 * Drains what it can if a burst is over. Returns 0 if there was something, else when
 * to come again, in jiffies.
 */
unsigned long page_hinting_drain(void)
{
	unsigned long now = jiffies, over = burst_at + BURST_IS_OVER;

	if (!cpumask_intersects(&full, cpu_online_mask))
		return PAGE_HINTING_RESTS;
	if (time_before(now, over))
		return over - now;
	if (drain_idle(true)) {
		/* What came with it may be in pieces too small for the hook. */
		page_hinting_tidy();
		return 0;
	}
	/* They are busy. */
	wait = min(2 * wait, 1UL * HZ);
	return wait;
}
