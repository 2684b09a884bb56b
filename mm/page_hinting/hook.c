// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: all that runs in the page allocator's own paths, under
 * the zone's lock, but for the array behind capture.c.
 *
 * Invariant 3 (nothing missed) rests on a ledger. For each zone, in pages of
 * free blocks of the minimum order or larger,
 *
 *	free = captured + hinted + missed
 *
 * holds at any time under the zone's lock. The left side is the buddy allocator's
 * own count. A block's marks tell its state; they are cleared where a block leaves
 * its free list, which is one place. So what reaches a free list by a way that no
 * hook sees has no mark, and is missed by its being there.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/* Marks a free block, and notes it in the ledger; the zone's lock is held. */
void page_hinting_set_state(struct zone *zone, struct page *page,
			    unsigned int order, enum page_hinting_state state)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	enum page_hinting_state was = __page_hinting_state(page);
	unsigned long *pages = order < page_hinting_min_order ? ledger->pieces :
								ledger->pages;

	/* Atomic, for memory failure sets PG_hwpoison without the zone's lock. */
	set_mask_bits(&page->flags, PAGE_HINTING_MARKS,
		      (unsigned long)state << PG_captured);
	pages[was] -= 1UL << order;
	pages[state] += 1UL << order;
}

/*
 * Whether an entry is true. The mark goes with the block's stay on the free list,
 * the time tells this stay from an earlier one: with both nobody had it since. The
 * lock keeps the memory on line, see __offline_isolated_pages().
 */
bool page_hinting_captured(const struct page_hinting_entry *entry)
{
	struct page *page = pfn_to_online_page(entry->pfn);

	lockdep_assert_held(&entry->zone->lock);

	if (!page || !PageBuddy(page))
		return false;
	/* If it is another zone's by now its flags may change, but not to ours. */
	return data_race(page_zone(page)) == entry->zone &&
	       __page_hinting_state(page) == PAGE_HINTING_CAPTURED &&
	       page->hint_time == entry->time;
}

/* There is an entry for it, in an array or with the pass. */
void page_hinting_set_captured(struct zone *zone, struct page *page,
			       unsigned int order, unsigned long time)
{
	page->hint_time = time;
	page_hinting_set_state(zone, page, order, PAGE_HINTING_CAPTURED);
	page_hinting_count_add(HINT_CAPTURED, 1);
	trace_page_hinting_capture(page_to_pfn(page), order);
}

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order, int migratetype)
{
	/* It may be about to come on line: then no walk sees it, nor its mark. */
	if (is_migrate_isolate(migratetype))
		return;

	if (order < page_hinting_min_order) {
		page_hinting_tidy();
		return;
	}
	/* What a drain of ours frees its owner had freed before: see drain.c. */
	page_hinting_capture(zone, page, order,
			     READ_ONCE(page_hinting_drain.by) == current ?
			     page_hinting_drain.since : jiffies);
	page_hinting_kick();
}

/*
 * Only an allocation is a use that the age has to be learned from, not a merge,
 * compaction, or memory going off line. What is left of the block stays what it
 * was. But not what is smaller than what is hinted, for the host may have backed
 * that by the same huge page; only what is left of a piece does.
 */
void __page_hinting_used(struct zone *zone, struct page *page,
			 unsigned int low, unsigned int high,
			 enum page_hinting_state was)
{
	bool piece = high < page_hinting_min_order;
	/* Pieces have none. */
	bool had_entry = was == PAGE_HINTING_CAPTURED && !piece;
	unsigned int least = max(low, piece ? page_hinting_cold_order :
					      page_hinting_min_order);
	unsigned long time = page->hint_time;

	if (low < page_hinting_min_order)
		page_hinting_tidy();
	if (piece)
		zone->hinting.pieces_used += was == PAGE_HINTING_HINTED ? 1UL << low : 0;
	else if (had_entry)
		page_hinting_note_reused(zone, jiffies - time, 1UL << least);
	else
		page_hinting_note_regretted(zone, 1UL << least);

	if (high <= least || !page_hinting_running())
		return;

	while (high > least) {
		struct page *half = page + (1UL << --high);

		/* Not if it is a guard, see debug_guardpage_enabled(). */
		if (!PageBuddy(half))
			continue;
		if (had_entry) {
			page_hinting_capture(zone, half, high, time);
			continue;
		}
		half->hint_time = time;
		page_hinting_set_state(zone, half, high, was);
	}
	/* What the host had it still has, and there is nothing to do. */
	if (had_entry)
		page_hinting_kick();
}

void __page_hinting_moved(struct zone *zone)
{
	/* What the clock hand had to leave it can take now, wherever it is. */
	zone->hinting.left = 0;
	zone->hinting.hand.passed = 0;
	page_hinting_kick();
	page_hinting_tidy();
}
