// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, drain: what was freed page by page is partly still in the
 * per-CPU page lists, up to an eighth of the memory, where it keeps the rest of its
 * block from merging. So when a burst is over the lists are drained, each when its
 * CPU idles: a busy CPU is about to use what is in its own, unless it is busy with
 * something else for long.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "../internal.h"
#include "internal.h"

/* Candidates that make a burst; and how long none comes after it. */
#define BURST		8
#define BURST_IS_OVER	(HZ / 10UL)

/* Between looks at CPUs that were busy then, and when they are drained all the same. */
#define LOOK_AGAIN	(HZ / 2UL)
#define LATE		(10UL * HZ)

struct page_hinting_drain page_hinting_drain;

/* The pass's. */
static unsigned int burst;		/* candidates since the last drain */
static unsigned long burst_at;		/* when the last of them came; jiffies */
static unsigned long look_at;		/* when to look at the CPUs; jiffies, or 0 */
static struct cpumask full;		/* lists that may have some of it */
static u64 looked_before;		/* us */
static DEFINE_PER_CPU(u64, idle_before);	/* us */

/* So many candidates came. */
void page_hinting_burst(unsigned int nr)
{
	if (!nr)
		return;
	burst += nr;
	burst_at = jiffies;
	look_at = 0;
	if (burst >= BURST)
		cpumask_copy(&full, cpu_online_mask);
}

void page_hinting_no_burst(void)
{
	burst = 0;
	cpumask_clear(&full);
}

/* What was idle for three quarters of the time since the last look. */
static bool was_idle(int cpu, u64 elapsed)
{
	u64 idle = page_hinting_idle_us(cpu);
	u64 since = idle - per_cpu(idle_before, cpu);

	per_cpu(idle_before, cpu) = idle;
	/* More it can't be, unless the clock went back, or it was off line. */
	return since >= elapsed / 4 * 3 && since <= elapsed + TICK_USEC;
}

/* @since: when what becomes whole was freed. */
static void drain(int cpu, unsigned long since)
{
	page_hinting_drain.since = since;
	WRITE_ONCE(page_hinting_drain.by, current);
	drain_pages(cpu);
	WRITE_ONCE(page_hinting_drain.by, NULL);
	cpumask_clear_cpu(cpu, &full);
	burst = 0;
	cond_resched();
}

/*
 * Drains what it can if a burst is over. Returns 0 if there was something, else when
 * to come again, in jiffies.
 */
unsigned long page_hinting_drain_lists(void)
{
	unsigned long now = jiffies, since = now;
	bool late = time_after(now, burst_at + LATE);
	bool first = !look_at, any = false;
	u64 elapsed;
	int cpu;

	if (!cpumask_intersects(&full, cpu_online_mask))
		return PAGE_HINTING_RESTS;
	if (!first && time_before(now, look_at))
		return look_at - now;
	/* What their CPUs have in them soon after the burst they freed with it. */
	if (time_before(now, burst_at + LOOK_AGAIN))
		since = burst_at - page_hinting_age();

	elapsed = ktime_to_us(ktime_get()) - looked_before;
	looked_before += elapsed;
	for_each_cpu_and(cpu, &full, cpu_online_mask) {
		/* Also where it decides nothing: the next time begins here. */
		bool idle = was_idle(cpu, elapsed);

		if (late || (idle && !first)) {
			drain(cpu, since);
			any = true;
		}
	}
	look_at = (now + (first ? BURST_IS_OVER : LOOK_AGAIN)) | 1;
	/* What came with it may be in pieces too small for the hook. */
	if (any)
		page_hinting_tidy();
	return any ? 0 : look_at - now;
}
