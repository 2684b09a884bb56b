// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, the clock hand: finds the free blocks that no stage knows
 * of: what was free before the device came, what found an array full, what had to
 * stay, and what reached a free list by a way that no hook sees. A zone's hand
 * moves when the ledger says that there are more than it has left; over page
 * frames, for free lists change as soon as the zone's lock is let go; and on from
 * where it stopped.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/* Places that a zone's hand looks at in one pass: 8 GiB at order 9. */
#define PLACES_PER_PASS	4096

/* Pages in free blocks of the orders from @order to before @end. */
unsigned long page_hinting_free_pages(struct zone *zone, unsigned int order,
				      unsigned int end)
{
	unsigned long nr = 0;

	for (; order < end; order++) {
		/* Exact under the zone's lock, else a guess. */
		nr += data_race(zone->free_area[order].nr_free) << order;
	}
	return nr;
}

/* Free pages that no stage knows of. */
unsigned long page_hinting_missed(struct zone *zone)
{
	/* As above. */
	unsigned long known = -data_race(zone->hinting.pages[PAGE_HINTING_UNKNOWN]);
	/* Callers that only read don't wait for page_hinting_set_min_order(). */
	unsigned int order = READ_ONCE(page_hinting_min_order);
	unsigned long nr = page_hinting_free_pages(zone, order, NR_PAGE_ORDERS);

	return nr - min(nr, known);
}

/* The sum of what page_hinting_missed() or page_hinting_pieces() says. */
unsigned long page_hinting_anywhere(unsigned long (*count)(struct zone *zone))
{
	unsigned long nr = 0;
	struct zone *zone;

	if (!page_hinting_running())
		return 0;
	for_each_populated_zone(zone)
		nr += count(zone);
	return nr;
}

/* Holes are multiples of it (SUBSECTION_SIZE). */
#define HOLE_ORDER	min(get_order(SZ_2M) + 0U, pageblock_order + 0U)

/* Of a page in use: no page of its folio gets free while the zone's lock is held. */
static unsigned int order_in_use(struct page *page)
{
	/* The folio may be taken apart just now, and its order be nonsense... */
	unsigned int order = data_race(compound_order(page));

	if (!order || order > MAX_PAGE_ORDER)
		return 0;
	/* ... but then its last page is no part of it any more. */
	return data_race(compound_head(page + (1UL << order) - 1)) == page ? order : 0;
}

/*
 * Returns the block at a hand, if any; moves on behind it, or by one of @order, or
 * over what has no free block: a hole, or a large folio.
 */
struct page *page_hinting_next_block(struct zone *zone, struct page_hinting_hand *hand,
				     unsigned int order)
{
	struct page *page, *block = NULL;
	unsigned int size = HOLE_ORDER;
	unsigned long pfn;

	if (hand->pfn < zone->zone_start_pfn || hand->pfn >= zone_end_pfn(zone))
		hand->pfn = ALIGN(zone->zone_start_pfn, 1UL << order);

	/* It stays on line under the lock, see page_hinting_captured(). */
	page = pfn_to_online_page(hand->pfn);
	/* If it is another zone's its flags may change, but not to ours. */
	if (page && PageBuddy(page) && data_race(page_zone(page)) == zone) {
		block = page;
		size = buddy_order(page);
	} else if (page) {
		size = order_in_use(page);
	}
	pfn = hand->pfn;
	hand->pfn = ALIGN(pfn + 1, 1UL << max(size, order));
	hand->passed += hand->pfn - pfn;
	return block;
}

/* Until more is missed, or it is tried again. */
static void rest(struct page_hinting_ledger *ledger, unsigned long missed)
{
	ledger->left = missed;
	ledger->hand.passed = 0;
	ledger->missed_since = 0;
	/* From now on what is missed was not free before we came. */
	ledger->hand.pfn = max(ledger->hand.pfn, 1UL);
}

/* Returns whether the hand can go on; @found: pages that are about to leave. */
static bool look_at_some(struct zone *zone, struct page_hinting_pending *pending,
			 unsigned long *found)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned int least = page_hinting_min_order, looked, order;
	unsigned long usable = page_hinting_usable(zone);
	unsigned long missed = page_hinting_missed(zone);
	/* At its watermark a zone gives nothing away; what is out will be back. */
	unsigned long above = usable + ledger->in_flight;
	struct page *block;

	above -= min(above, high_wmark_pages(zone));
	for (looked = 0; ; looked++) {
		struct page_hinting_entry entry = { zone };

		if (missed <= ledger->left || above < 1UL << least ||
		    ledger->hand.passed >= zone->spanned_pages) {
			rest(ledger, missed);
			break;
		}
		if (looked == PAGE_HINTING_PER_LOCK || !page_hinting_has_room(pending))
			break;
		block = page_hinting_next_block(zone, &ledger->hand, least);
		order = block ? buddy_order(block) : 0;
		if (order < least || is_migrate_isolate_page(block) ||
		    __page_hinting_state(block) != PAGE_HINTING_UNKNOWN)
			continue;

		/* Too large so near the watermark: others may not be. */
		if (above < 1UL << order)
			continue;
		entry.pfn = page_to_pfn(block);
		if (!page_hinting_spares(zone, usable - min(usable, *found),
					 ledger->in_flight + *found, 1UL << order)) {
			/* No more can leave before some is back: from here on. */
			ledger->hand.pfn = entry.pfn;
			ledger->hand.passed = 0;
			ledger->left = missed;
			WRITE_ONCE(pending->held_up, true);
			break;
		}
		ledger->hand.passed = 0;
		entry.time = ledger->missed_since;
		page_hinting_pend(pending, &entry);
		page_hinting_set_captured(zone, block, order, entry.time);
		*found += 1UL << order;
		missed -= 1UL << order;
	}
	page_hinting_count_add(HINT_LOOKED, looked);
	return missed > ledger->left;
}

/* Returns when the hand has to move again, in jiffies from now: 0 if it has to go on. */
static unsigned long move_hand(struct zone *zone,
			       struct page_hinting_pending *pending, bool retry)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned long age = page_hinting_age(), now = jiffies;
	unsigned long missed, since, found = 0;
	unsigned int looked = 0, i;
	bool more;

	spin_lock_irq(&zone->lock);
	missed = page_hinting_missed(zone);
	/* What it left may be in use by now. */
	ledger->left = retry ? 0 : min(ledger->left, missed);
	more = missed > ledger->left;
	if (!missed)
		rest(ledger, 0);
	/* Until it rests it is what was free before we came. */
	if (!ledger->hand.pfn)
		ledger->missed_since = (now - PAGE_HINTING_LONG_AGO - 1) | 1;
	since = ledger->missed_since;
	if (!since || now - since < PAGE_HINTING_LONG_AGO) {
		/* What was left is old enough; what overflowed since goes, too. */
		since = retry ? (now - age - 1) | 1 : since ?: (now - 1) | 1;
		ledger->missed_since = more ? since : 0;
	}
	spin_unlock_irq(&zone->lock);

	/* What was missed lately may be used again. */
	if (more && time_before(now, since + age))
		return since + age - now;

	/* What was collected may leave, too. */
	for (i = 0; more && i < pending->nr; i++)
		if (pending->candidates[i].zone == zone)
			found += 1UL << page_hinting_min_order;

	while (more && looked < PLACES_PER_PASS && page_hinting_has_room(pending)) {
		spin_lock_irq(&zone->lock);
		more = look_at_some(zone, pending, &found);
		spin_unlock_irq(&zone->lock);
		looked += PAGE_HINTING_PER_LOCK;
		cond_resched();
	}
	if (looked && trace_page_hinting_clock_enabled())
		trace_page_hinting_clock(zone, page_hinting_missed(zone));
	return more ? 0 : PAGE_HINTING_RESTS;
}

/* With @retry also what had to be left. Returns when to move again, in jiffies. */
unsigned long page_hinting_clock(struct page_hinting_pending *pending, bool retry)
{
	unsigned long next = PAGE_HINTING_RESTS;
	struct zone *zone;

	for_each_populated_zone(zone)
		next = min(next, move_hand(zone, pending, retry));
	return next;
}

/* Clears all marks, and the ledgers; nothing is captured or gets marked. */
void page_hinting_forget(void)
{
	struct page_hinting_ledger *ledger;
	struct page_hinting_whole whole;
	unsigned long in_flight;
	unsigned int order, i;
	struct page *block;
	struct zone *zone;

	for_each_populated_zone(zone) {
		ledger = &zone->hinting;
		ledger->hand.passed = 0;
		/* Compaction left it, and need not try again. */
		spin_lock_irq(&zone->lock);
		ledger->whole.left += ledger->pieces[PAGE_HINTING_HINTED];
		spin_unlock_irq(&zone->lock);
		/* No more marks are set: if there is none on a piece, by larger steps. */
		order = data_race(ledger->pieces[PAGE_HINTING_UNKNOWN]) ?
			page_hinting_hook_order() : page_hinting_min_order;
		order = min(order, pageblock_order);
		/* The hand may be in a block that has merged since. */
		while (ledger->hand.passed < zone->spanned_pages + MAX_ORDER_NR_PAGES) {
			spin_lock_irq(&zone->lock);
			for (i = 0; i < PAGE_HINTING_PER_LOCK; i++) {
				block = page_hinting_next_block(zone, &ledger->hand,
								order);
				if (block)
					page_hinting_taken(zone, block,
							   buddy_order(block));
			}
			spin_unlock_irq(&zone->lock);
			cond_resched();
		}
		spin_lock_irq(&zone->lock);
		in_flight = ledger->in_flight;
		whole = ledger->whole;
		memset(ledger, 0, sizeof(*ledger));
		ledger->in_flight = in_flight;
		ledger->whole = whole;
		spin_unlock_irq(&zone->lock);
	}
}
