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
 * often it is asked. What it finds has been free for at least as long as the
 * ledger is uneven and needs no place in an array.
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

/*
 * How many candidates there may be for the hand to add more: some room is for
 * what was captured, and some for the hand whatever report.c keeps.
 */
#define HAND_ROOM	(PAGE_HINTING_MAX_PENDING / 4 * 3)

static unsigned long pages_of_free_blocks(struct zone *zone)
{
	unsigned long nr = 0;
	/* Callers that only read don't wait for page_hinting_set_min_order(). */
	unsigned int order = READ_ONCE(page_hinting_min_order);

	for (; order < NR_PAGE_ORDERS; order++)
		nr += READ_ONCE(zone->free_area[order].nr_free) << order;
	return nr;
}

/*
 * Free pages that no stage knows of; exact under the zone's lock, else a guess.
 */
unsigned long page_hinting_missed(struct zone *zone)
{
	unsigned long known = READ_ONCE(zone->hinting.hinted) +
			      READ_ONCE(zone->hinting.captured) +
			      READ_ONCE(zone->hinting.unhintable);
	unsigned long nr = pages_of_free_blocks(zone);

	return nr > known ? nr - known : 0;
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

static void found(struct zone *zone, struct page *block,
		  struct page_hinting_pending *pending)
{
	struct page_hinting_entry *entry = &pending->candidates[pending->nr];

	entry->zone = zone;
	entry->pfn = page_to_pfn(block);
	entry->time = zone->hinting.went_round ? zone->hinting.missed_since :
						 jiffies - PAGE_HINTING_LONG_AGO;
	WRITE_ONCE(pending->nr, pending->nr + 1);

	page_hinting_set_captured(zone, block, buddy_order(block), entry->time);
}

/* The hand has to look no further, until more is missed than it leaves. */
static void rest(struct zone *zone, unsigned long left)
{
	zone->hinting.left = left;
	zone->hinting.passed = 0;
	zone->hinting.missed_since = 0;
}

/* Returns whether the hand can go on; the zone's lock is held. */
static bool look_at_some(struct zone *zone,
			 struct page_hinting_pending *pending, bool *waits)
{
	unsigned long missed = page_hinting_missed(zone);
	unsigned long least = 1UL << page_hinting_min_order;
	struct page_hinting_usable usable;
	unsigned int looked;

	page_hinting_usable(zone, &usable);
	for (looked = 0; looked < PAGE_HINTING_PER_LOCK; looked++) {
		unsigned long size = least, can_have;
		struct page *block;

		if (pending->nr >= HAND_ROOM)
			break;
		/* Nothing can leave now, but there is more to come. */
		if (missed && zone->hinting.in_flight &&
		    !page_hinting_spares(zone, usable.all, least)) {
			*waits = true;
			break;
		}
		if (!missed || !could_spare(zone, usable.all, least) ||
		    zone->hinting.passed >= zone->spanned_pages) {
			rest(zone, missed);
			break;
		}
		if (zone->hinting.hand < zone->zone_start_pfn ||
		    zone->hinting.hand >= zone_end_pfn(zone))
			zone->hinting.hand = ALIGN(zone->zone_start_pfn, least);

		block = block_at(zone, zone->hinting.hand);
		if (block)
			size = max(size, 1UL << buddy_order(block));
		zone->hinting.hand = ALIGN(zone->hinting.hand + 1, size);
		zone->hinting.passed += size;
		if (!block || buddy_order(block) < page_hinting_min_order)
			continue;

		can_have = is_migrate_cma_page(block) ? usable.all :
							usable.unmovable;
		if (!could_spare(zone, can_have, size))
			continue;
		if (page_hinting_overlooked(zone, block)) {
			found(zone, block, pending);
			zone->hinting.passed = 0;
		}
		/* Also if it could not be hinted: it is known now. */
		missed = page_hinting_missed(zone);
	}
	page_hinting_count_add(HINT_LOOKED, looked);
	return missed > zone->hinting.left && !*waits;
}

/* Returns when the hand has to move again, in jiffies from now. */
static unsigned long move_hand(struct zone *zone,
			       struct page_hinting_pending *pending,
			       unsigned long now, unsigned long age, bool retry,
			       bool *waits)
{
	bool more, zone_waits = false;
	unsigned int looked = 0;

	spin_lock_irq(&zone->lock);
	/* What it left may be in use by now. */
	zone->hinting.left = retry ? 0 : min(zone->hinting.left,
					     page_hinting_missed(zone));
	more = page_hinting_uneven(zone);
	if (more && !zone->hinting.missed_since)
		zone->hinting.missed_since = now | 1;	/* 0 means not */
	else if (!more)
		zone->hinting.missed_since = 0;
	spin_unlock_irq(&zone->lock);
	if (!more)
		return PAGE_HINTING_RESTS;
	/* What waits already goes first, and then there is another pass. */
	if (pending->nr >= HAND_ROOM) {
		*waits = true;
		return PAGE_HINTING_RESTS;
	}

	/* What was missed lately may be used again; all else is long free. */
	if (zone->hinting.went_round &&
	    time_before(now, zone->hinting.missed_since + age))
		return zone->hinting.missed_since + age - now;

	while (more && looked < PLACES_PER_PASS && pending->nr < HAND_ROOM) {
		spin_lock_irq(&zone->lock);
		more = look_at_some(zone, pending, &zone_waits);
		if (!more && !zone_waits)
			zone->hinting.went_round = true;
		spin_unlock_irq(&zone->lock);
		looked += PAGE_HINTING_PER_LOCK;
		cond_resched();
	}
	*waits = *waits || zone_waits;
	trace_page_hinting_clock(zone, page_hinting_missed(zone));
	return more ? 1 : PAGE_HINTING_RESTS;
}

/*
 * Finds what was missed, as long as there is room in @pending; with @retry also
 * what could not be spared last time. Returns when a hand has to move again, in
 * jiffies from now, or PAGE_HINTING_RESTS.
 */
unsigned long page_hinting_clock(struct page_hinting_pending *pending,
				 unsigned long now, unsigned long age,
				 bool retry, bool *waits)
{
	unsigned long next = PAGE_HINTING_RESTS;
	struct zone *zone;

	for_each_populated_zone(zone)
		next = min(next, move_hand(zone, pending, now, age, retry,
					   waits));
	return next;
}

/* Clears the marks of some blocks; returns where to go on. */
static unsigned long clear_some(struct zone *zone, unsigned long pfn)
{
	/* Blocks of smaller orders are never marked. */
	unsigned long least = 1UL << min(page_hinting_min_order,
					 pageblock_order);
	unsigned int looked;

	for (looked = 0; looked < PAGE_HINTING_PER_LOCK; looked++) {
		struct page *block = block_at(zone, pfn);

		if (block && (block->flags & PAGE_HINTING_MARKS))
			page_hinting_set_marks(block, 0);
		pfn = ALIGN(pfn + 1, block ? max(least, 1UL << buddy_order(block)) :
					     least);
	}
	return pfn;
}

/*
 * Clears all marks, and the ledgers with them; nothing is captured or gets
 * marked.
 */
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
