// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: all that runs in the page allocator's own paths, under
 * the zone's lock, but for the array behind capture.c.
 *
 * Invariant 3 (nothing missed) rests on a ledger. For each zone, in pages of
 * free blocks of the minimum order or larger,
 *
 *	free = captured + hinted + unhintable + missed
 *
 * holds at any time under the zone's lock. The left side is the buddy
 * allocator's own count. A block's marks tell its state: PG_captured, PageReported
 * for hinted, both for unhintable. They are cleared wherever a block leaves its
 * free list, which is one place, page_hinting_taken(). So what reaches a free
 * list by a way that no hook sees has no mark and is missed by its being there,
 * without anybody having to know of that way; the clock hand finds it.
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
	enum page_hinting_state was = __page_hinting_state(page);

	/* Atomic, for memory failure sets PG_hwpoison without the zone's lock. */
	set_mask_bits(&page->flags, PAGE_HINTING_MARKS,
		      (unsigned long)state << PG_captured);
	/* What comes back by pageblocks may be smaller. */
	if (order < page_hinting_min_order)
		return;
	zone->hinting.pages[was] -= 1UL << order;
	zone->hinting.pages[state] += 1UL << order;
}

/* The free block, at least of @order, that a page frame is in, or NULL. */
struct page *page_hinting_free_block(unsigned long pfn, unsigned int order)
{
	for (; order <= MAX_PAGE_ORDER; order++) {
		struct page *head = pfn_to_page(pfn & ~(BIT(order) - 1));

		if (PageBuddy(head) && buddy_order(head) >= order)
			return head;
	}
	return NULL;
}

/*
 * Whether an entry is true. The mark goes with the first page's stay on the
 * free list, the time tells this stay from an earlier one: with both it is the
 * block that was captured, at the order it had then, and nobody had it since.
 * The lock keeps the memory on line: __offline_isolated_pages() takes it off
 * line under the same one.
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

/*
 * Not if somebody isolates the pageblock, who counts on what is free to stay.
 * Not from the reserve for atomic allocations, which can't wait for the host.
 */
bool page_hinting_hintable(struct page *page)
{
	int mt = get_pageblock_migratetype(page);

	return !is_migrate_isolate(mt) && !is_migrate_highatomic(mt);
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

/*
 * Whether a free block of the minimum order or larger is to be captured after
 * all: no stage knows of it, or it was unhintable and is not so any more.
 */
bool page_hinting_overlooked(struct zone *zone, struct page *page)
{
	enum page_hinting_state was = __page_hinting_state(page), now;

	if (was != PAGE_HINTING_UNKNOWN && was != PAGE_HINTING_UNHINTABLE)
		return false;
	now = page_hinting_hintable(page) ? PAGE_HINTING_UNKNOWN :
					    PAGE_HINTING_UNHINTABLE;
	if (now != was)
		page_hinting_set_state(zone, page, buddy_order(page), now);
	return now == PAGE_HINTING_UNKNOWN;
}

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order, int migratetype)
{
	/*
	 * What is about to go off line, or to come on line: until it has, no
	 * walk sees it, not even to clear its mark. If it stays free we hear of
	 * it by page_hinting_moved().
	 */
	if (is_migrate_isolate(migratetype))
		return;

	page_hinting_capture(zone, page, order,
			     READ_ONCE(page_hinting_draining) ?: jiffies);
	page_hinting_kick();
}

/*
 * Only an allocation is a use that the age has to be learned from. Merges,
 * compaction, memory going off line, and we ourselves take blocks, too.
 *
 * What is left of the block stays what it was: the host has not got it back,
 * or it is free for as long as before. But not what is smaller than what is
 * hinted, for the host may have backed that by the same huge page.
 */
void __page_hinting_used(struct zone *zone, struct page *page,
			 unsigned int low, unsigned int high,
			 enum page_hinting_state was)
{
	unsigned int least = max(low, min(high, page_hinting_min_order));
	unsigned long time = page->hint_time;

	if (was == PAGE_HINTING_CAPTURED)
		page_hinting_note_reused(zone, jiffies - time, 1UL << least);
	else if (was == PAGE_HINTING_HINTED)
		page_hinting_note_regretted(zone, 1UL << least);

	if (high <= least || !page_hinting_running())
		return;

	while (high > least) {
		struct page *half = page + (1UL << --high);

		/* Not if it is a guard, see debug_guardpage_enabled(). */
		if (!PageBuddy(half))
			continue;
		if (was == PAGE_HINTING_CAPTURED) {
			page_hinting_capture(zone, half, high, time);
			continue;
		}
		half->hint_time = time;
		page_hinting_set_state(zone, half, high, was);
	}
	page_hinting_kick();
}

/* At most a pageblock's worth of blocks, so it can be done under the lock. */
void __page_hinting_moved(struct zone *zone, struct page *page)
{
	unsigned long pfn = pageblock_start_pfn(page_to_pfn(page));
	unsigned long end = pfn + pageblock_nr_pages;
	/* It may have merged with what is before. */
	struct page *block = page_hinting_free_block(pfn, 0);

	if (!page_hinting_running())
		return;

	while (pfn < end) {
		unsigned int order = block ? buddy_order(block) : 0;

		if (block && order >= page_hinting_min_order &&
		    page_hinting_overlooked(zone, block))
			page_hinting_capture(zone, block, order, jiffies);
		pfn = ALIGN(pfn + 1, 1UL << max(order, page_hinting_least_order()));
		/* There may be no page behind the last pageblock. */
		block = pfn < end && PageBuddy(pfn_to_page(pfn)) ?
			pfn_to_page(pfn) : NULL;
	}
	page_hinting_kick();
}
