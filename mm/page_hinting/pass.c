// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, the pass: one work item that drives the stages, so that it
 * is alone with the candidates and is the only one who takes entries out of the
 * arrays. This file decides when it runs.
 */
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"

/* Between attempts when a zone spares nothing or the device fails. */
#define RETRY_MIN	(1UL * HZ)
#define RETRY_MAX	(64UL * HZ)

/*
 * A pass serves what becomes old enough within an eighth of the age, or within
 * as little as a host that waits for it won't see.
 */
#define PASSES_PER_AGE	8
#define PASS_INTERVAL	(HZ / 100UL)

/* What the age was chosen by may have faded after so long. */
#define RECONSIDER	(HZ / 2UL)

static void kick(struct irq_work *work);
static void page_hinting_pass(struct work_struct *work);

static struct workqueue_struct *workqueue;
static DECLARE_DELAYED_WORK(pass_work, page_hinting_pass);
/*
 * Lazy, it costs no interrupt of its own. On PREEMPT_RT what is lazy is left
 * for a thread, which stays behind with it when its CPU goes off line.
 */
static struct irq_work kick_work =
	__IRQ_WORK_INIT(kick, IS_ENABLED(CONFIG_PREEMPT_RT) ?
			      IRQ_WORK_HARD_IRQ : IRQ_WORK_LAZY);
static atomic_t armed;			/* the pass is queued or will be */

/* The pass's, and of who starts and stops it. */
static struct page_hinting_device *device;
static struct page_hinting_pending *pending;
static unsigned long retry_delay;	/* jiffies */
static unsigned long retry_at;		/* when to try again; jiffies, or 0 */
static bool burst;			/* of free blocks, since the last drain */

/*
 * While the pass drains the per-CPU page lists: since when the pages in them
 * are free, in jiffies; else 0. The blocks that they complete have waited
 * there, and need not wait for another age.
 */
unsigned long page_hinting_draining __read_mostly;

/*
 * Sees to it that a pass runs within the age; in any context. It needs no
 * barrier: callers have made an entry, or an uneven ledger, under a zone's
 * lock. disarm() takes each zone's lock after it has cleared @armed: if ours
 * was before that, it sees what we made; if not, we see that nothing is armed.
 */
void page_hinting_kick(void)
{
	if (!atomic_read(&armed) && !atomic_xchg(&armed, 1))
		irq_work_queue(&kick_work);
}

static unsigned long shortest_delay(void)
{
	return max3(page_hinting_shortest_age(), PASS_INTERVAL, 1UL);
}

static void kick(struct irq_work *work)
{
	/*
	 * The shortest age: what was learned last may have faded by then. A
	 * retry far away may be pending already.
	 */
	if (page_hinting_running())
		mod_delayed_work(workqueue, &pass_work, shortest_delay());
}

/* The bounds of the age have changed. */
void page_hinting_reconsider(void)
{
	if (page_hinting_running())
		mod_delayed_work(workqueue, &pass_work, 0);
}

/* A batch came back; goes on if something waited for it. In any context. */
void page_hinting_completed(int error, bool held_up)
{
	if (!page_hinting_running())
		return;

	/* Pairs with the barrier in next_pass(). */
	smp_mb();
	if (READ_ONCE(pending->nr) || held_up)
		mod_delayed_work(workqueue, &pass_work, 0);
	else if (error)
		page_hinting_kick();
}

/* Pages in the per-CPU page lists of all zones; a guess while they change. */
static unsigned long pages_in_lists(void)
{
	unsigned long nr = 0;
	struct zone *zone;
	int cpu;

	for_each_populated_zone(zone)
		for_each_online_cpu(cpu)
			nr += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset,
						    cpu)->count);
	return nr;
}

/*
 * Nothing waits. What was freed page by page is partly still in the per-CPU
 * page lists, where it keeps the rest of its block from merging; how much that
 * is grows with the rate of freeing, up to an eighth of the memory, and left
 * alone it decays by an eighth a second. So once a burst is over the lists are
 * drained, and once only. It is not over while what is in the lists changes, even
 * if no block becomes whole: then they are of use.
 *
 * Returns when to look again, in jiffies, or PAGE_HINTING_RESTS.
 */
static unsigned long drain_after_burst(void)
{
	static unsigned long before, changed_at, delay;
	unsigned long now = jiffies, nr;

	if (!burst)
		return PAGE_HINTING_RESTS;

	nr = pages_in_lists();
	if (abs_diff(nr, before) >= BIT(page_hinting_min_order)) {
		/* The longer it goes on, the less often it is worth a look. */
		delay = clamp(2 * delay, shortest_delay(), RECONSIDER);
		before = nr;
		changed_at = now;
		return delay;
	}
	if (time_before(now, changed_at + delay))
		return changed_at + delay - now;

	burst = false;
	delay = 0;
	before = 0;
	if (nr >= BIT(page_hinting_min_order)) {
		WRITE_ONCE(page_hinting_draining, changed_at);
		drain_all_pages(NULL);
		WRITE_ONCE(page_hinting_draining, 0);
	}
	return PAGE_HINTING_RESTS;
}

/*
 * Disarms, and returns true, if nothing has come that no pass is queued for;
 * but the clock hands may have left some that was missed.
 * See page_hinting_kick(). The CPUs of empty arrays are forgotten between the
 * two, by the same argument: a hook that saw its CPU there before was done
 * before the zones' locks were taken, so that its entry is seen now.
 */
static bool disarm(unsigned long *missed)
{
	static struct cpumask before;
	struct zone *zone;
	bool quiet = true;
	int cpu;

	*missed = 0;
	atomic_set(&armed, 0);
	cpumask_copy(&before, &page_hinting_cpus);
	for_each_cpu(cpu, &before)
		cpumask_clear_cpu(cpu, &page_hinting_cpus);

	for_each_populated_zone(zone) {
		spin_lock_irq(&zone->lock);
		*missed += page_hinting_missed(zone);
		quiet = quiet && !page_hinting_uneven(zone);
		spin_unlock_irq(&zone->lock);
	}
	for_each_cpu(cpu, &before) {
		if (!page_hinting_array_count(per_cpu_ptr(&page_hinting_arrays,
							  cpu)))
			continue;
		cpumask_set_cpu(cpu, &page_hinting_cpus);
		quiet = false;
	}
	return quiet || atomic_xchg(&armed, 1);
}

/* A pass that is sooner does not try again. */
static unsigned long back_off(void)
{
	unsigned long now = jiffies;

	if (!retry_at) {
		retry_at = (now + retry_delay) | 1;
		retry_delay = min(2 * retry_delay, RETRY_MAX);
	}
	return time_after(retry_at, now) ? retry_at - now : 1;
}

/*
 * When the next pass has to run, in jiffies from now, or PAGE_HINTING_RESTS.
 * @taken: batches that the device took, negative if it failed
 * @hand: the same for the clock hand alone
 */
static unsigned long next_pass(int taken, unsigned long hand)
{
	unsigned long now = jiffies, age = page_hinting_age();
	unsigned long oldest, delay, missed;
	bool all_back;

	if (taken > 0) {
		retry_delay = RETRY_MIN;
		if (retry_at && time_after(retry_at, now + RETRY_MIN))
			retry_at = (now + RETRY_MIN) | 1;
	}
	/*
	 * Pairs with the barrier in page_hinting_completed(): it sees that
	 * something waits, or we see that what it waited for is back.
	 */
	smp_mb();
	all_back = !page_hinting_in_flight();

	if (page_hinting_recalling())
		return HZ;
	if (taken < 0)
		return back_off();
	if (pending->nr && all_back)
		return 1;
	/* Nothing goes on before a batch is back, and that queues the pass. */
	if (pending->nr && !page_hinting_batch_idle(device))
		return PAGE_HINTING_RESTS;
	if (page_hinting_oldest(&oldest)) {
		delay = max3(age / PASSES_PER_AGE, PASS_INTERVAL, 1UL);
		if (time_after(oldest + age, now + delay))
			delay = min(oldest + age - now, RECONSIDER);
		return min(delay, hand);
	}
	if (hand != PAGE_HINTING_RESTS)
		return hand;

	delay = drain_after_burst();
	/* A kick does not wait for what is queued after this. */
	if (!disarm(&missed))
		return shortest_delay();
	/* Their zones can't spare them. */
	if (missed || pending->nr)
		return min(delay, back_off());
	return delay;
}

/* By its full name, for those who trace the workqueues. */
static void page_hinting_pass(struct work_struct *work)
{
	unsigned long now = jiffies, delay;
	bool retry = retry_at && time_after_eq(now, retry_at);

	if (!page_hinting_running())
		return;

	page_hinting_count_add(HINT_PASSES, 1);
	if (retry)
		retry_at = 0;
	page_hinting_learn();
	page_hinting_collect(pending, now, page_hinting_age());
	delay = page_hinting_clock(pending, now, page_hinting_age(), retry);
	burst = burst || pending->nr;
	page_hinting_sort(pending);
	delay = next_pass(page_hinting_report(device, pending), delay);
	if (delay != PAGE_HINTING_RESTS)
		queue_delayed_work(workqueue, &pass_work, delay);
}

int page_hinting_pass_alloc(void)
{
	if (!workqueue)
		return -ENODEV;
	pending = kvzalloc(sizeof(*pending), GFP_KERNEL);
	return pending ? 0 : -ENOMEM;
}

void page_hinting_pass_free(void)
{
	kvfree(pending);
	pending = NULL;
}

/* From now on hooks capture. What is free has no mark: the clock hand finds it. */
void page_hinting_pass_start(struct page_hinting_device *dev)
{
	device = dev;
	retry_delay = RETRY_MIN;
	retry_at = 0;
	atomic_set(&armed, 1);
	/* Who sees that hinting runs sees the device, too. */
	smp_store_release(&page_hinting_capture_order, page_hinting_min_order);
	queue_delayed_work(workqueue, &pass_work, 0);
}

/* Whoever saw page_hinting_running() true under a zone's lock is done. */
void page_hinting_pass_stop(void)
{
	irq_work_sync(&kick_work);
	cancel_delayed_work_sync(&pass_work);
	page_hinting_count_add(HINT_STALE, pending->nr);
	WRITE_ONCE(pending->nr, 0);
}

unsigned long page_hinting_pass_pending(void)
{
	return pending ? READ_ONCE(pending->nr) : 0;
}

int __init page_hinting_pass_init(void)
{
	/* Unbound: the CPU that frees memory has other work to do. */
	workqueue = alloc_workqueue("page_hinting", WQ_UNBOUND | WQ_FREEZABLE, 1);
	return workqueue ? 0 : -ENOMEM;
}
