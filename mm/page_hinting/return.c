// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, return: what is back goes to the tail of its free lists, so
 * that allocations take memory that is still backed first. Invariant 1
 * (conservation): every batch that has a block comes here once, whatever happened
 * to it, and each of its pages is freed.
 */
#include <linux/mm.h>
#include <linux/page-isolation.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/* The free block, at least of @order, that a page frame is in, or NULL. */
static struct page *free_block(unsigned long pfn, unsigned int order)
{
	for (; order <= MAX_PAGE_ORDER; order++) {
		struct page *head = pfn_to_page(pfn & ~(BIT(order) - 1));

		if (PageBuddy(head) && buddy_order(head) >= order)
			return head;
	}
	return NULL;
}

/* Bit n is set if the buddy at order n is free and the host has it. */
static unsigned int hinted_buddies(unsigned long pfn, unsigned int order)
{
	unsigned int hinted = 0;

	for (; order < MAX_PAGE_ORDER; order++) {
		struct page *buddy = find_buddy_page_pfn(pfn_to_page(pfn), pfn,
							 order, NULL);

		if (!buddy || __page_hinting_state(buddy) != PAGE_HINTING_HINTED)
			break;
		hinted |= BIT(order);
		pfn &= ~BIT(order);
	}
	return hinted;
}

static void put_back_unit(struct zone *zone, unsigned long pfn,
			  unsigned int order, bool hinted)
{
	struct page *page = pfn_to_page(pfn);
	unsigned int buddies = hinted_buddies(pfn, order);
	unsigned long time = page->hint_time;
	unsigned int grown;

	/* Its pageblock may have been isolated or made CMA meanwhile. */
	__putback_isolated_page(page, order, get_pageblock_migratetype(page));

	/* What failed is missed. */
	if (!hinted || !page_hinting_running())
		return;

	page = free_block(pfn, order);
	if (!page || buddy_order(page) < min(page_hinting_hook_order(), pageblock_order))
		return;

	/* The orders at which it grew. */
	grown = BIT(buddy_order(page)) - BIT(order);
	if ((buddies & grown) == grown) {
		page->hint_time = time;
		page_hinting_set_state(zone, page, buddy_order(page),
				       PAGE_HINTING_HINTED);
		if (order >= min(page_hinting_min_order, pageblock_order))
			page_hinting_note_hinted(zone, time, 1UL << order);
	} else if (buddy_order(page) >= page_hinting_min_order) {
		/* As any block that becomes free; there may be no pass queued. */
		__page_hinting_free(zone, page, buddy_order(page),
				    get_pageblock_migratetype(page));
	} else {
		/* Made of pieces, or refused. */
		page_hinting_tidy();
	}
}

static void put_back_range(struct scatterlist *range, bool hinted)
{
	unsigned long pfn = page_to_pfn(sg_page(range));
	unsigned long end = pfn + PFN_DOWN(range->length);
	struct zone *zone = page_zone(sg_page(range));
	unsigned long flags;

	trace_page_hinting_return(pfn, end - pfn, hinted);

	spin_lock_irqsave(&zone->lock, flags);
	zone->hinting.in_flight -= end - pfn;
	while (pfn < end) {
		/* Within a pageblock: across them the types may differ. */
		unsigned int order = min(__ffs(pfn | BIT(pageblock_order)),
					 __fls(end - pfn));

		put_back_unit(zone, pfn, order, hinted);
		pfn += 1UL << order;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Puts a batch's blocks back; in any context. */
void page_hinting_return(struct page_hinting_batch *batch, bool hinted)
{
	unsigned int i;

	for (i = 0; i < batch->nr_ranges; i++)
		put_back_range(&batch->ranges[i], hinted);

	page_hinting_count_add(HINT_RETURNED, batch->nr_blocks);
	if (hinted) {
		page_hinting_count_add(HINT_HINTED, batch->nr_blocks);
		page_hinting_count_add(HINT_PAGES_HINTED, batch->nr_pages);
	}
}
