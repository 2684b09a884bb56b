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
#define RETRY_MIN	HZ
#define RETRY_MAX	(64 * HZ)

/*
 * A pass serves what becomes old enough within an eighth of the age, or within
 * as little as a host that waits for it won't see.
 */
#define PASSES_PER_AGE	8
#define PASS_INTERVAL	(HZ / 100)

/* What the age was chosen by may have faded after so long. */
#define RECONSIDER	(HZ / 2)

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
static bool retries;			/* it was put off by that */
static bool device_fails;		/* since its last report */
static bool hand_waits;			/* the clock hand, for a batch to come back */
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

static unsigned long shortest_age(void)
{
	return max3(msecs_to_jiffies(READ_ONCE(page_hinting_age_ms)),
		    PASS_INTERVAL + 0UL, 1UL);
}

static void kick(struct irq_work *work)
{
	/*
	 * The shortest age: what was learned last may have faded by then. A
	 * retry far away may be pending already.
	 */
	if (page_hinting_running())
		mod_delayed_work(workqueue, &pass_work, shortest_age());
}

/* The bounds of the age have changed. */
void page_hinting_reconsider(void)
{
	if (page_hinting_running())
		mod_delayed_work(workqueue, &pass_work, 0);
}

/* A batch came back; goes on if something waits for it. In any context. */
void page_hinting_completed(int error)
{
	if (!page_hinting_running())
		return;

	/* Pairs with the barriers in host_will_do() and page_hinting_pass(). */
	smp_mb();
	if (READ_ONCE(pending->nr) || READ_ONCE(hand_waits))
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
 * Returns when to look again, in jiffies, or 0 if there is no need to.
 */
static unsigned long drain_after_burst(void)
{
	static unsigned long before, changed_at, delay;
	unsigned long now = jiffies, nr;

	if (!burst)
		return 0;

	nr = pages_in_lists();
	if (abs_diff(nr, before) >= BIT(page_hinting_min_order)) {
		/* The longer it goes on, the less often it is worth a look. */
		delay = clamp(2 * delay, shortest_age(), RECONSIDER + 0UL);
		before = nr;
		changed_at = now;
		return delay;
	}
	if (time_before(now, changed_at + delay))
		return changed_at + delay - now;

	burst = false;
	delay = 0;
	before = 0;
	if (nr < BIT(page_hinting_min_order))
		return 0;
	WRITE_ONCE(page_hinting_draining, changed_at);
	drain_all_pages(NULL);
	WRITE_ONCE(page_hinting_draining, 0);
	return 0;
}

/*
 * Disarms, and returns true, if nothing has come that no pass is queued for.
 * See page_hinting_kick(). The CPUs of empty arrays are forgotten between the
 * two, by the same argument: a hook that saw its CPU there before was done
 * before the zones' locks were taken, so that its entry is seen now.
 */
static bool disarm(void)
{
	static struct cpumask before;
	struct zone *zone;
	bool quiet = true;
	int cpu;

	atomic_set(&armed, 0);
	cpumask_copy(&before, &page_hinting_cpus);
	for_each_cpu(cpu, &before)
		cpumask_clear_cpu(cpu, &page_hinting_cpus);

	for_each_populated_zone(zone) {
		spin_lock_irq(&zone->lock);
		quiet = quiet && (hand_waits || !page_hinting_uneven(zone));
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

/* Whether a batch that comes back will queue the pass, and has to. */
static bool host_will_do(void)
{
	if (!pending->nr)
		return false;
	/* Pairs with page_hinting_completed(): it sees pending->nr, or we see this. */
	smp_mb();
	return page_hinting_in_flight() && !page_hinting_batch_idle(device);
}

static unsigned long back_off(void)
{
	unsigned long delay = retry_delay;

	retry_delay = min(2 * retry_delay, RETRY_MAX);
	retries = true;
	return delay;
}

/*
 * @taken: batches that the device took, negative if it failed
 * @hand: when the clock hand has to move again, in jiffies from now
 */
static void queue_next_pass(int taken, unsigned long hand)
{
	unsigned long now = jiffies, age = page_hinting_age(), oldest;
	unsigned long delay = hand;

	if (taken || !pending->nr)
		device_fails = taken < 0;
	if (taken > 0)
		retry_delay = RETRY_MIN;

	if (page_hinting_recalling()) {
		delay = HZ;
	} else if (device_fails) {
		delay = back_off();
	} else if (host_will_do()) {
		return;
	} else if (page_hinting_oldest(&oldest)) {
		delay = max3(age / PASSES_PER_AGE, PASS_INTERVAL + 0UL, 1UL);
		if (time_after(oldest + age, now + delay))
			delay = min(oldest + age - now, RECONSIDER + 0UL);
		delay = min(delay, hand);
	} else if (hand == PAGE_HINTING_RESTS) {
		delay = drain_after_burst();
		/* A kick does not wait for what is queued after this. */
		if (!disarm())
			delay = shortest_age();
		else if (page_hinting_missed_anywhere() || pending->nr)
			/* Their zones can't spare them. */
			delay = back_off();
		else if (!delay)
			return;
	}
	queue_delayed_work(workqueue, &pass_work, delay);
}

/* By its full name, for who traces the workqueues. */
static void page_hinting_pass(struct work_struct *work)
{
	unsigned long now = jiffies, hand;
	bool retry = retries, waits = false;
	int taken;

	if (!page_hinting_running())
		return;

	page_hinting_count_add(HINT_PASSES, 1);
	retries = false;
	page_hinting_learn();
	page_hinting_collect(pending, now, page_hinting_age());
	hand = page_hinting_clock(pending, now, page_hinting_age(), retry, &waits);
	WRITE_ONCE(hand_waits, waits);
	burst = burst || pending->nr;
	page_hinting_sort(pending);
	taken = page_hinting_report(device, pending);
	/* It may be back by now. Pairs with the barrier in page_hinting_completed(). */
	smp_mb();
	if (waits && !page_hinting_in_flight())
		hand = 1;
	queue_next_pass(taken, hand);
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
	retries = false;
	device_fails = false;
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
