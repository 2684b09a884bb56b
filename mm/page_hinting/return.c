// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, return: what the host has answered for, or what could
 * not be reported, goes back to the tail of its free lists, so that
 * allocations take memory that is still backed first.
 *
 * Invariant 1 (conservation): every batch that page_hinting_isolate() has put
 * a block into comes through page_hinting_return() once, whatever happened to
 * it; each of its pages is freed here.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/wait.h>

#include <trace/events/page_hinting.h>

#include "../internal.h"
#include "internal.h"

/* Pages out of the buddy allocator because of us. */
atomic_long_t page_hinting_in_flight;
/* Pages that came back, ever, and when the last did, in jiffies. */
atomic_long_t page_hinting_pages_returned;
unsigned long page_hinting_last_return;
DECLARE_WAIT_QUEUE_HEAD(page_hinting_all_back);

/*
 * Bit n is set if the buddy at order n is free and the host has it: merging
 * with it keeps the whole known to the host.
 */
static unsigned int hinted_buddies(unsigned long pfn, unsigned int order)
{
	unsigned int hinted = 0;

	for (; order < MAX_PAGE_ORDER; order++) {
		struct page *buddy = find_buddy_page_pfn(pfn_to_page(pfn), pfn,
							 order, NULL);

		if (!buddy ||
		    (buddy->flags & PAGE_HINTING_MARKS) != BIT(PG_reported))
			break;
		hinted |= BIT(order);
		pfn &= ~BIT(order);
	}
	return hinted;
}

/* The free block that a unit became part of when it was put back. */
static struct page *merged_block(unsigned long pfn, unsigned int order)
{
	for (; order <= MAX_PAGE_ORDER; order++) {
		struct page *head = pfn_to_page(pfn & ~(BIT(order) - 1));

		if (PageBuddy(head) && buddy_order(head) == order)
			return head;
	}
	return NULL;
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

	/* What fails is missed in the ledger, and so will be tried again. */
	if (!hinted || !page_hinting_running())
		return;

	page = merged_block(pfn, order);
	if (!page || buddy_order(page) < page_hinting_mark_order())
		return;

	/* The orders at which it grew. */
	grown = BIT(buddy_order(page)) - BIT(order);
	if ((buddies & grown) == grown) {
		/* Its hint_time still tells since when it is free. */
		page_hinting_set_marks(page, BIT(PG_reported));
		page_hinting_note_hinted(zone, time, 1UL << order);
		if (buddy_order(page) >= page_hinting_min_order)
			zone->hinting.hinted += 1UL << buddy_order(page);
	} else if (buddy_order(page) >= page_hinting_min_order) {
		/* As any block that becomes free; there may be no pass queued. */
		__page_hinting_free(zone, page, buddy_order(page));
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
	zone->hinting.by_us = true;
	while (pfn < end) {
		/*
		 * The largest aligned unit within a pageblock: across
		 * pageblocks the types may differ by now, and what may merge
		 * is for __free_one_page() to know.
		 */
		unsigned int order = min(__ffs(pfn | BIT(pageblock_order)),
					 __fls(end - pfn));

		put_back_unit(zone, pfn, order, hinted);
		pfn += 1UL << order;
	}
	zone->hinting.by_us = false;
	spin_unlock_irqrestore(&zone->lock, flags);
}

/**
 * page_hinting_return - put a batch's blocks back
 * @batch: the batch; empty and the caller's afterwards
 * @hinted: whether the host has answered for it
 *
 * Context: any, also with interrupts off; takes the locks of the zones.
 */
void page_hinting_return(struct page_hinting_batch *batch, bool hinted)
{
	unsigned long nr_pages = batch->nr_pages;
	unsigned int i;

	for (i = 0; i < batch->nr_ranges; i++)
		put_back_range(&batch->ranges[i], hinted);

	atomic_long_add(batch->nr_blocks, &page_hinting_counters.returned);
	if (hinted)
		atomic_long_add(batch->nr_blocks, &page_hinting_counters.hinted);

	batch->nr_ranges = 0;
	batch->nr_blocks = 0;
	batch->nr_pages = 0;

	WRITE_ONCE(page_hinting_last_return, jiffies);
	/* Pairs with the acquire in page_hinting_returned(). */
	atomic_long_add_return_release(nr_pages, &page_hinting_pages_returned);
	if (!atomic_long_sub_return(nr_pages, &page_hinting_in_flight))
		wake_up_all(&page_hinting_all_back);
}
