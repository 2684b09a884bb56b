// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, the clock hand: finds the free blocks that no stage knows
 * of. These are what was free before the device came, what found an array full,
 * and what reached a free list by a way that no hook sees.
 *
 * The ledger, see hook.c, says whether there are any. Only then a zone's hand
 * moves: over page frames, since free lists change as soon as the zone's lock is
 * let go; a bounded number of places a pass; and on from where it stopped. So
 * what it costs goes with what it finds and with the zone's size, not with how
 * often it is asked. What it finds needs no place in an array.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include <trace/events/page_hinting.h>

#include "../internal.h"
#include "internal.h"

/* Places that a zone's hand looks at in one pass: 8 GiB at order 9. */
#define PLACES_PER_PASS	4096

/* Free pages that no stage knows of; exact under the zone's lock, else a guess. */
unsigned long page_hinting_missed(struct zone *zone)
{
	unsigned long known = -READ_ONCE(zone->hinting.pages[PAGE_HINTING_UNKNOWN]);
	unsigned long nr = 0;
	/* Callers that only read don't wait for page_hinting_set_min_order(). */
	unsigned int order = READ_ONCE(page_hinting_min_order);

	for (; order < NR_PAGE_ORDERS; order++)
		nr += READ_ONCE(zone->free_area[order].nr_free) << order;
	return nr - min(nr, known);
}

unsigned long page_hinting_missed_anywhere(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	if (!page_hinting_running())
		return 0;
	for_each_populated_zone(zone)
		nr += page_hinting_missed(zone);
	return nr;
}

/* Whether more was missed than the hand has left where it is. */
bool page_hinting_uneven(struct zone *zone)
{
	return page_hinting_missed(zone) > zone->hinting.left;
}

/*
 * A zone at its watermark gives nothing away, nor does one of which only what is
 * in contiguous memory areas can be spared, but for that. What is in flight will
 * be back.
 */
static bool could_spare(struct zone *zone, unsigned long usable,
			unsigned long nr_pages)
{
	return usable + zone->hinting.in_flight >=
	       high_wmark_pages(zone) + nr_pages;
}

/* The free block that begins at a page frame, the zone's lock held. */
static struct page *block_at(struct zone *zone, unsigned long pfn)
{
	/* It stays on line under the lock, see page_hinting_captured(). */
	struct page *page = pfn_to_online_page(pfn);

	if (!page || !PageBuddy(page))
		return NULL;
	/* If it is another zone's its flags may change, but not to ours. */
	return data_race(page_zone(page)) == zone ? page : NULL;
}

/* Returns the block at the hand, if there is one, and moves on behind it. */
static struct page *next_block(struct zone *zone)
{
	unsigned long size = 1UL << page_hinting_min_order;
	struct page_hinting_ledger *ledger = &zone->hinting;
	struct page *block;

	if (ledger->hand < zone->zone_start_pfn ||
	    ledger->hand >= zone_end_pfn(zone))
		ledger->hand = ALIGN(zone->zone_start_pfn, size);

	block = block_at(zone, ledger->hand);
	if (block)
		size = max(size, 1UL << buddy_order(block));
	ledger->hand = ALIGN(ledger->hand + 1, size);
	ledger->passed += size;
	return block;
}

/* There is nothing to find until more is missed; the zone's lock is held. */
static void rest(struct zone *zone)
{
	struct page_hinting_ledger *ledger = &zone->hinting;

	ledger->left = page_hinting_missed(zone);
	ledger->passed = 0;
	ledger->missed_since = 0;
	/* From now on what is missed was not free before we came. */
	ledger->hand = max(ledger->hand, 1UL);
}

/*
 * Returns whether the hand can go on; the zone's lock is held. @found: pages of
 * the zone that are about to leave.
 */
static bool look_at_some(struct zone *zone,
			 struct page_hinting_pending *pending,
			 unsigned long *found)
{
	unsigned long least = 1UL << page_hinting_min_order;
	unsigned long missed = page_hinting_missed(zone);
	struct page_hinting_ledger *ledger = &zone->hinting;
	struct page_hinting_usable usable;
	unsigned int looked, order;
	struct page *block;

	page_hinting_usable(zone, &usable);
	for (looked = 0; looked < PAGE_HINTING_PER_LOCK; looked++) {
		struct page_hinting_entry entry = { .zone = zone };

		if (pending->nr >= PAGE_HINTING_HAND_ROOM)
			break;
		if (missed <= ledger->left ||
		    ledger->passed >= zone->spanned_pages ||
		    !could_spare(zone, usable.all, least)) {
			rest(zone);
			break;
		}
		/* No more can leave before some is back, which queues the pass. */
		if (!page_hinting_spares(zone, usable.all - min(usable.all, *found),
					 ledger->in_flight + *found, least)) {
			ledger->left = missed;
			ledger->held_up = true;
			break;
		}
		block = next_block(zone);
		order = block ? buddy_order(block) : 0;
		if (order < page_hinting_min_order ||
		    !could_spare(zone, is_migrate_cma_page(block) ?
				 usable.all : usable.unmovable, 1UL << order))
			continue;
		if (!page_hinting_overlooked(zone, block)) {
			/* It may be known to be unhintable now. */
			missed = page_hinting_missed(zone);
			continue;
		}

		entry.pfn = page_to_pfn(block);
		entry.time = ledger->missed_since;
		page_hinting_pend(pending, &entry);
		page_hinting_set_captured(zone, block, order, entry.time);
		ledger->passed = 0;
		*found += 1UL << order;
		missed = page_hinting_missed(zone);
	}
	page_hinting_count_add(HINT_LOOKED, looked);
	return missed > ledger->left;
}

/* Returns when the hand has to move again, in jiffies from now. */
static unsigned long move_hand(struct zone *zone,
			       struct page_hinting_pending *pending,
			       unsigned long now, unsigned long age, bool retry)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned long found = 0, missed;
	unsigned int looked = 0, i;
	bool more;

	spin_lock_irq(&zone->lock);
	missed = page_hinting_missed(zone);
	/* What it left may be in use by now. */
	ledger->left = retry ? 0 : min(ledger->left, missed);
	more = missed > ledger->left;
	if (!missed)
		rest(zone);
	else if (more && !ledger->missed_since)
		/* Before its first move it is what was free before we came. */
		ledger->missed_since = (ledger->hand ? now :
					now - PAGE_HINTING_LONG_AGO - 1) | 1;
	spin_unlock_irq(&zone->lock);

	/* What was missed lately may be used again; all else is long free. */
	if (more && time_before(now, ledger->missed_since + age))
		return ledger->missed_since + age - now;

	/* What waits already, or more of it. */
	for (i = 0; more && i < pending->nr; i++)
		if (pending->candidates[i].zone == zone)
			found += 1UL << page_hinting_min_order;

	while (more && looked < PLACES_PER_PASS &&
	       pending->nr < PAGE_HINTING_HAND_ROOM) {
		spin_lock_irq(&zone->lock);
		more = look_at_some(zone, pending, &found);
		spin_unlock_irq(&zone->lock);
		looked += PAGE_HINTING_PER_LOCK;
		cond_resched();
	}
	if (looked)
		trace_page_hinting_clock(zone, page_hinting_missed(zone));
	return more ? 1 : PAGE_HINTING_RESTS;
}

/*
 * Finds what was missed, as long as there is room in @pending; with @retry also
 * what could not be spared last time. Returns when a hand has to move again, in
 * jiffies from now, or PAGE_HINTING_RESTS.
 */
unsigned long page_hinting_clock(struct page_hinting_pending *pending,
				 unsigned long now, unsigned long age, bool retry)
{
	unsigned long next = PAGE_HINTING_RESTS;
	struct zone *zone;

	for_each_populated_zone(zone)
		next = min(next, move_hand(zone, pending, now, age, retry));
	return next;
}

/* Clears the marks of some blocks; returns where to go on. */
static unsigned long clear_some(struct zone *zone, unsigned long pfn)
{
	/* Blocks of smaller orders are never marked. */
	unsigned long least = 1UL << page_hinting_least_order();
	unsigned int looked;

	for (looked = 0; looked < PAGE_HINTING_PER_LOCK; looked++) {
		struct page *block = block_at(zone, pfn);

		if (block && __page_hinting_state(block))
			page_hinting_set_state(zone, block, buddy_order(block),
					       PAGE_HINTING_UNKNOWN);
		pfn = ALIGN(pfn + 1, block ? max(least, 1UL << buddy_order(block)) :
					     least);
	}
	return pfn;
}

/* Clears all marks, and the ledgers; nothing is captured or gets marked. */
void page_hinting_forget(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long pfn = ALIGN_DOWN(zone->zone_start_pfn,
					       MAX_ORDER_NR_PAGES);

		while (pfn < zone_end_pfn(zone)) {
			spin_lock_irq(&zone->lock);
			pfn = clear_some(zone, pfn);
			spin_unlock_irq(&zone->lock);
			cond_resched();
		}

		spin_lock_irq(&zone->lock);
		pfn = zone->hinting.in_flight;
		memset(&zone->hinting, 0, sizeof(zone->hinting));
		zone->hinting.in_flight = pfn;
		spin_unlock_irq(&zone->lock);
	}
}
