// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, isolate: a candidate leaves the buddy allocator and joins a
 * batch. Invariant 2 (exclusion): until page_hinting_return() it is off its free
 * list, without a reference, no PageBuddy: nobody can find it.
 */
#include <linux/mm.h>
#include <linux/page-isolation.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/*
 * Neighbours can lie in different memory of the host's, in boot memory and in a
 * DIMM; some hosts look at a range's start only, and would discard what never was
 * reported. Memory comes by sections, so no range crosses the border of one.
 */
#ifdef CONFIG_SPARSEMEM
#define BORDER_PAGES	PAGES_PER_SECTION
#else
#define BORDER_PAGES	(SZ_128M >> PAGE_SHIFT)
#endif

static bool extends_last_range(struct page_hinting_batch *batch,
			       unsigned long pfn)
{
	struct scatterlist *last;

	if (!batch->nr_ranges || IS_ALIGNED(pfn, BORDER_PAGES))
		return false;
	last = &batch->ranges[batch->nr_ranges - 1];
	return page_to_pfn(sg_page(last)) + PFN_DOWN(last->length) == pfn &&
	       page_zone(sg_page(last)) == page_zone(pfn_to_page(pfn));
}

/* Whether a batch has room for more memory, not before what it has. */
bool page_hinting_batch_fits(struct page_hinting_batch *batch,
			     unsigned long pfn, unsigned long nr_pages)
{
	if (batch->nr_pages && batch->nr_pages + nr_pages > PAGE_HINTING_BATCH_PAGES)
		return false;
	return batch->nr_ranges < batch->max_ranges ||
	       extends_last_range(batch, pfn);
}

void page_hinting_batch_add(struct page_hinting_batch *batch,
			    unsigned long pfn, unsigned long nr_pages)
{
	struct scatterlist *range = &batch->ranges[batch->nr_ranges];

	if (extends_last_range(batch, pfn)) {
		range[-1].length += nr_pages << PAGE_SHIFT;
	} else {
		if (batch->nr_ranges)
			sg_unmark_end(&range[-1]);
		sg_init_table(range, 1);
		sg_set_page(range, pfn_to_page(pfn), nr_pages << PAGE_SHIFT, 0);
		batch->nr_ranges++;
	}
	batch->nr_pages += nr_pages;
	batch->nr_blocks++;
}

/*
 * The zone's lock is held, and @usable is what it has since then. Returns 0;
 * -ESTALE if the candidate is not what was captured any more; -EAGAIN if its zone
 * can't spare it now; -ENOSPC if the batch has no room for it.
 */
int page_hinting_isolate(const struct page_hinting_entry *candidate,
			 unsigned long *usable, struct page_hinting_batch *batch)
{
	unsigned long pfn = candidate->pfn, nr_pages, i;
	struct page *page = pfn_to_page(pfn);
	struct zone *zone = candidate->zone;
	unsigned int order;

	if (!page_hinting_captured(candidate))
		return -ESTALE;

	order = buddy_order(page);
	nr_pages = 1UL << order;

	/* Invariant 4 (bounded). And who isolates counts on what is free to stay. */
	if (is_migrate_isolate_page(page) ||
	    !page_hinting_spares(zone, *usable, zone->hinting.in_flight, nr_pages))
		return -EAGAIN;

	if (!page_hinting_batch_fits(batch, pfn, nr_pages))
		return -ENOSPC;

	page_hinting_take(page, order);
	/* It comes back by pageblocks, each to know since when it is free. */
	for (i = pageblock_nr_pages; i < nr_pages; i += pageblock_nr_pages)
		pfn_to_page(pfn + i)->hint_time = candidate->time;
	page_hinting_batch_add(batch, pfn, nr_pages);
	zone->hinting.in_flight += nr_pages;
	*usable -= min(*usable, nr_pages);
	page_hinting_count_add(HINT_ISOLATED, 1);
	trace_page_hinting_isolate(pfn, order);
	return 0;
}
