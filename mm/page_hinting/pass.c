// SPDX-License-Identifier: GPL-2.0
/* Free page hinting, the pass: one work item that drives the stages, and when. */
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "internal.h"

/* Between attempts when a zone spares nothing or the device fails. */
#define RETRY_MIN	(1UL * HZ)
#define RETRY_MAX	(64UL * HZ)

/* Within an eighth of the age; but what the age was chosen by may have faded. */
#define PASSES_PER_AGE	8
#define PASS_INTERVAL	(HZ / 100UL)
#define RECONSIDER	(HZ / 2UL)

static void kick(struct irq_work *work);
static void page_hinting_pass(struct work_struct *work);
static void try_again(struct work_struct *work);
static DECLARE_DELAYED_WORK(pass_work, page_hinting_pass);
static DECLARE_DELAYED_WORK(retry_work, try_again);
static struct irq_work kick_work = PAGE_HINTING_IRQ_WORK(kick);
static atomic_t armed;			/* there is no need to queue a pass */

static struct page_hinting_device *device;
static struct page_hinting_pending pending;
static unsigned long retry_delay, retry_at;	/* jiffies */
static bool retry;			/* the next one tries what had to be left */
static bool refused;			/* the device failed */

/*
 * Sees to it that a pass runs, if one is of use; in any context. It needs no barrier:
 * callers have made an entry, an uneven ledger, or something to learn from, under a
 * zone's lock, and disarm() takes each zone's lock after it has cleared @armed: it sees
 * what we made, or we see that nothing is armed.
 */
void page_hinting_kick(void)
{
	if (!atomic_read(&armed) && !atomic_xchg(&armed, 1))
		irq_work_queue(&kick_work);
}

static void queue_pass(unsigned long delay)
{
	if (page_hinting_running())
		mod_delayed_work(system_unbound_wq, &pass_work, delay);
}

/* The shortest age: what was learned last may have faded by then. */
static unsigned long shortest_delay(void)
{
	return max3(page_hinting_shortest_age(), PASS_INTERVAL, 1UL);
}

static void kick(struct irq_work *work)
{
	unsigned long delay = shortest_delay();

	/* It may be due sooner, for something else. */
	if (!READ_ONCE(retry) &&
	    !(delayed_work_pending(&pass_work) &&
	      time_before_eq(pass_work.timer.expires, jiffies + delay)))
		queue_pass(delay);
}

/* A batch came back; in any context. */
void page_hinting_completed(int error)
{
	/* Pairs with the barrier in next_pass(): we see that it was held up. */
	smp_mb();
	if (READ_ONCE(pending.held_up))
		try_again(NULL);
	else if (error)
		page_hinting_kick();
}

static void try_again(struct work_struct *work)
{
	WRITE_ONCE(retry, true);
	queue_pass(0);
}

/* Whether the device refused what it was given last. */
bool page_hinting_refused(void)
{
	return READ_ONCE(refused);
}

/* The slow hands have a turn. */
void page_hinting_run_pass(void)
{
	queue_pass(0);
}

static void back_off(void)
{
	unsigned long at = jiffies + retry_delay;

	/* Only ever sooner. */
	if (delayed_work_pending(&retry_work) && time_before_eq(retry_at, at))
		return;
	retry_at = at;
	mod_delayed_work(system_unbound_wq, &retry_work, retry_delay);
	retry_delay = min(2 * retry_delay, RETRY_MAX);
}

/*
 * Disarms, and returns true, if nothing has come that no pass is queued for, see
 * page_hinting_kick(). CPUs of empty arrays are forgotten: a hook that saw its CPU
 * there was done before the zones' locks were taken, so that its entry is seen now.
 */
static bool disarm(unsigned long *missed)
{
	static struct cpumask before;
	struct zone *zone;
	unsigned long nr;
	bool quiet = true;
	int cpu;

	*missed = 0;
	atomic_set(&armed, 0);
	cpumask_copy(&before, &page_hinting_cpus);
	for_each_cpu(cpu, &before)
		cpumask_clear_cpu(cpu, &page_hinting_cpus);

	for_each_populated_zone(zone) {
		spin_lock_irq(&zone->lock);
		nr = page_hinting_missed(zone);
		/* What is learned late counts for too much. */
		quiet = quiet && nr <= zone->hinting.left &&
			!memchr_inv(zone->hinting.lately.reused, 0,
				    sizeof(zone->hinting.lately.reused));
		spin_unlock_irq(&zone->lock);
		*missed += nr;
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

/*
 * When the next pass has to run, in jiffies from now. @taken: batches that the
 * device took, negative if it failed; @returned: what had come back when this pass
 * began; @young, @hand: when something in an array, or a hand, needs a pass.
 */
static unsigned long next_pass(int taken, unsigned long returned,
			       unsigned long young, unsigned long hand)
{
	unsigned long delay, missed;

	if (taken)
		WRITE_ONCE(refused, taken < 0);
	if (taken > 0)
		retry_delay = RETRY_MIN;
	if (taken < 0) {
		back_off();
		return PAGE_HINTING_RESTS;
	}
	/* See page_hinting_completed(): or we see what came back. */
	smp_mb();
	if (pending.held_up && returned != page_hinting_returned()) {
		WRITE_ONCE(retry, true);
		return 1;
	}
	/* Nothing leaves before a batch is back, and that queues the pass. */
	page_hinting_room(device, &pending);
	if (pending.held_up && !pending.ranges)
		return PAGE_HINTING_RESTS;
	if (young && young != PAGE_HINTING_RESTS)
		young = max3(young, PASS_INTERVAL,
			     page_hinting_age() / PASSES_PER_AGE);
	delay = min(young, hand);
	if (delay != PAGE_HINTING_RESTS) {
		/* Also what was left is tried again now and then. */
		if (hand == PAGE_HINTING_RESTS &&
		    page_hinting_anywhere(page_hinting_missed))
			back_off();
		return clamp(delay, 1UL, RECONSIDER);
	}
	/* What a drain captures is for the next pass: no hook need kick. */
	atomic_set(&armed, 1);
	delay = page_hinting_drain_lists();
	if (!delay)
		return PASS_INTERVAL;
	/* A kick does not wait for what is queued after this. */
	if (!disarm(&missed))
		return min(delay, shortest_delay());
	/* Left, for one reason or another. */
	if (missed || pending.held_up)
		back_off();
	return delay;
}

static void page_hinting_pass(struct work_struct *work)
{
	unsigned long returned = page_hinting_returned();
	unsigned int requests = page_hinting_flush_requests();
	unsigned long young, delay = HZ;
	bool again, over, all;
	int taken;

	if (!page_hinting_running())
		return;

	page_hinting_count_add(HINT_PASSES, 1);
	/* Nothing can leave then. */
	if (page_hinting_recalling())
		goto queue;

	again = xchg(&retry, false);
	if (again)
		WRITE_ONCE(pending.held_up, false);
	page_hinting_room(device, &pending);
	page_hinting_learn();
	young = page_hinting_collect(&pending);
	delay = page_hinting_clock(&pending, again);
	page_hinting_burst(pending.nr);
	/* What is too young came after a flush was asked for. */
	over = page_hinting_slow_hands(&pending);
	all = over && young && delay;
	if (!page_hinting_has_room(&pending))
		WRITE_ONCE(pending.held_up, true);
	page_hinting_sort(&pending);
	taken = page_hinting_report(device, &pending);
	pending.nr = 0;
	pending.nr_pages = 0;
	if (all && taken >= 0 && !pending.held_up)
		page_hinting_swept(requests);
	else if (page_hinting_flushing() && taken >= 0 && !pending.held_up)
		delay = 0;
	delay = next_pass(taken, returned, young, delay);
queue:
	if (delay != PAGE_HINTING_RESTS)
		queue_delayed_work(system_unbound_wq, &pass_work, delay);
}

/* From now on hooks capture. What is free has no mark: the clock hand finds it. */
void page_hinting_pass_start(struct page_hinting_device *dev)
{
	device = dev;
	retry_delay = RETRY_MIN;
	refused = false;
	pending.held_up = false;
	page_hinting_no_burst();
	atomic_set(&armed, 1);
	/* Who sees that hinting runs sees the device, too. */
	smp_store_release(&page_hinting_capture_order, page_hinting_hook_order());
	queue_pass(0);
	page_hinting_idle_start();
}

/* No hook is under way any more. Afterwards there is neither a mark nor an entry. */
void page_hinting_pass_stop(void)
{
	page_hinting_idle_stop();
	irq_work_sync(&kick_work);
	cancel_delayed_work_sync(&pass_work);
	cancel_delayed_work_sync(&retry_work);
	page_hinting_forget();
	page_hinting_collect(&pending);
}
