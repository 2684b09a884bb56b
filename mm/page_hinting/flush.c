// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, flush: gives back all that is free, now, and says when the host
 * has it: before a guest is paused, saved or copied, and after it came to another
 * host. All marks are forgotten, and with them what an earlier host was told.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "internal.h"

/* Without any answer for so long the host is taken for dead. */
#define GIVE_UP		(10UL * HZ)

/* Or if what is free changes so fast that there is no end. */
#define NO_END		(120UL * HZ)

static DEFINE_MUTEX(one_at_a_time);
static DECLARE_WAIT_QUEUE_HEAD(isolated_all);

static DEFINE_SPINLOCK(lock);			/* protects what follows */
static unsigned int requests;			/* so far */
static unsigned int served;			/* of them by the last flush */
static bool flushing, swept, stopped;
static unsigned long asked_at, swept_at;	/* jiffies */
static unsigned long failed_before;
static int result;				/* the last flush's */

bool page_hinting_flushing(void)
{
	return READ_ONCE(flushing);
}

/*
 * What was freed before the flush was asked for does not wait for its age; what is
 * freed since waits for the end, which would not come in a busy guest else. In jiffies;
 * it grows, so to be read before the time that it is compared with.
 */
unsigned long page_hinting_flush_age(unsigned long age)
{
	return page_hinting_flushing() ? jiffies - READ_ONCE(asked_at) : age;
}

/* All hands go once round, for a new request; else the slow ones' turns are over. */
static void turn_hands(bool round)
{
	struct page_hinting_ledger *ledger;
	struct zone *zone;

	for_each_populated_zone(zone) {
		ledger = &zone->hinting;
		spin_lock_irq(&zone->lock);
		ledger->turn = round ? zone->spanned_pages + MAX_ORDER_NR_PAGES : 0;
		if (round) {
			/* As when hinting starts: what is missed is old enough. */
			ledger->hand.pfn = 0;
			ledger->hand.passed = 0;
		}
		spin_unlock_irq(&zone->lock);
	}
}

/*
 * A pass begins: how many requests it can serve. What was freed before a new one
 * may be behind the hands.
 */
unsigned int page_hinting_flush_requests(void)
{
	unsigned int nr;
	bool more;

	spin_lock_irq(&lock);
	nr = requests;
	more = flushing && !swept && nr != served;
	if (more) {
		served = nr;
		WRITE_ONCE(asked_at, jiffies);
	}
	spin_unlock_irq(&lock);
	if (more)
		turn_hands(true);
	return nr;
}

/* The pass has isolated all that was free when it began. */
void page_hinting_swept(unsigned int seen)
{
	/* It can't begin while a pass runs. */
	if (!page_hinting_flushing())
		return;
	spin_lock_irq(&lock);
	if (!swept && seen == requests) {
		swept = true;
		swept_at = jiffies;
	}
	spin_unlock_irq(&lock);
	wake_up_all(&isolated_all);
}

/* No pass runs, and no mark is left. */
void page_hinting_flush_begin(void)
{
	spin_lock_irq(&lock);
	flushing = true;
	swept = false;
	stopped = false;
	served = requests - 1;
	failed_before = page_hinting_count(HINT_FAILED);
	spin_unlock_irq(&lock);
}

static void flush_end(int error)
{
	spin_lock_irq(&lock);
	flushing = false;
	result = error;
	spin_unlock_irq(&lock);
	turn_hands(false);
}

/* Hinting stops, or what it has hinted is forgotten: no pass will say that it swept. */
void page_hinting_flush_stopped(void)
{
	spin_lock_irq(&lock);
	stopped = true;
	spin_unlock_irq(&lock);
}

/* Changes as long as the host answers; 0 when it has answered for all. */
static unsigned long unanswered(void)
{
	unsigned long until;
	bool all;

	spin_lock_irq(&lock);
	all = swept;
	until = swept_at;
	spin_unlock_irq(&lock);
	return all ? page_hinting_unanswered(until) :
		     page_hinting_returned() | BIT(BITS_PER_LONG - 1);
}

static int wait_for_it(void)
{
	unsigned long begin = jiffies, last = begin, before = 0, now;

	for (;;) {
		bool failed = page_hinting_count(HINT_FAILED) != failed_before;

		now = unanswered();
		if (!now && !failed)
			return 0;
		/* Its end has answered for what was in flight, too. */
		if (READ_ONCE(stopped))
			return -ENODEV;
		if (failed)
			return -EIO;
		if (signal_pending(current))
			return -EINTR;
		if (now != before)
			last = jiffies;
		before = now;
		if (time_after(jiffies, last + GIVE_UP) ||
		    time_after(jiffies, begin + NO_END))
			return -ETIMEDOUT;
		wait_event_interruptible_timeout(isolated_all, !unanswered(), HZ / 20);
	}
}

/**
 * page_hinting_flush - give back all that is free, and wait until the host has it
 * @how: 1, or 2 if it is to be compacted first
 *
 * Who comes before another's flush has isolated all shares it.
 *
 * Context: may sleep; for ten seconds without any answer of the host, for two
 * minutes at most, as long for compaction, and for another's that came before.
 * Return: 0; -EINVAL if @how is neither; -ENODEV if hinting does not run, or stopped;
 * -EIO if the host refused some; -ETIMEDOUT if it does not answer, or no end comes;
 * -EINTR. What is not done then goes on as without a flush.
 */
int page_hinting_flush(unsigned int how)
{
	unsigned int mine;
	struct zone *zone;
	int error;

	if (how != 1 && how != 2)
		return -EINVAL;
	if (!page_hinting_is_on())
		return -ENODEV;
	if (how == 2)
		page_hinting_compact_all(jiffies + NO_END);
	if (signal_pending(current))
		return -EINTR;
	/* For all zones it would leave the lists to whoever drains one already. */
	for_each_populated_zone(zone)
		drain_all_pages(zone);

	spin_lock_irq(&lock);
	mine = ++requests;
	spin_unlock_irq(&lock);
	page_hinting_run_pass();
	error = mutex_lock_interruptible(&one_at_a_time);
	if (error)
		return error;
	/* Another's may have served this one, if nobody interrupted it. */
	if ((int)(served - mine) >= 0 && result != -EINTR) {
		error = result;
	} else {
		error = page_hinting_begin_anew();
		if (!error) {
			error = wait_for_it();
			flush_end(error);
		}
	}
	mutex_unlock(&one_at_a_time);
	return error;
}
