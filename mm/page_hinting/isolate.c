// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, isolate: a candidate that is still what was captured
 * leaves the buddy allocator and joins a batch.
 *
 * Invariant 2 (exclusion): the block is off its free list, without a
 * reference and without PageBuddy, until page_hinting_return() puts it back;
 * so no allocation, no merge and no migration can find it. Everything that
 * is decided here is decided under the zone's lock.
 */
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sizes.h>

#include <trace/events/page_hinting.h>

#include "../internal.h"
#include "internal.h"

/*
 * The host discards a batch in one go, today's QEMU with its big lock held, so
 * a CPU of the guest may wait for all of it: for a millisecond at 32 MiB. That
 * is still many blocks a request. A single block may be larger, where pages
 * are; a range's length still fits 32 bits.
 */
#define BATCH_MAX_PAGES	(SZ_32M >> PAGE_SHIFT)

/*
 * Two blocks can be neighbours and lie in different memory of the host's: one in
 * boot memory, one in a DIMM. Hosts split such a range, refuse it, or look at its
 * start only and then discard what never was reported. Memory comes and goes by
 * sections, so no range crosses the border of one; a block never does.
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
			     unsigned int max_ranges, unsigned long pfn,
			     unsigned long nr_pages)
{
	if (batch->nr_pages && batch->nr_pages + nr_pages > BATCH_MAX_PAGES)
		return false;
	return batch->nr_ranges < max_ranges || extends_last_range(batch, pfn);
}

/*
 * Adds a block to a batch that has room for it; one that follows the last range
 * makes that range longer.
 */
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
 * Isolates a candidate, if it is still one. Its zone's lock is held, and
 * @usable is what the zone has since then.
 */
enum page_hinting_verdict
page_hinting_isolate(const struct page_hinting_entry *candidate,
		     struct page_hinting_usable *usable,
		     struct page_hinting_batch *batch, unsigned int max_ranges)
{
	unsigned long pfn = candidate->pfn;
	struct page *page = pfn_to_page(pfn);
	struct zone *zone = candidate->zone;
	unsigned long nr_pages, i;
	unsigned int order;

	if (!page_hinting_captured(candidate))
		return PAGE_HINTING_STALE;

	order = buddy_order(page);
	nr_pages = 1UL << order;

	if (!page_hinting_hintable(page)) {
		page_hinting_set_state(zone, page, order, PAGE_HINTING_UNHINTABLE);
		return PAGE_HINTING_STALE;
	}

	/* Invariant 4 (bounded). */
	if (!page_hinting_spares(zone, is_migrate_cma_page(page) ?
				 usable->all : usable->unmovable,
				 zone->hinting.in_flight, nr_pages))
		return PAGE_HINTING_REFUSED;

	if (!page_hinting_batch_fits(batch, max_ranges, pfn, nr_pages))
		return PAGE_HINTING_FULL;

	page_hinting_take(page, order);
	/* It comes back by pageblocks, each to know since when it is free. */
	for (i = pageblock_nr_pages; i < nr_pages; i += pageblock_nr_pages)
		pfn_to_page(pfn + i)->hint_time = candidate->time;
	page_hinting_batch_add(batch, pfn, nr_pages);
	zone->hinting.in_flight += nr_pages;
	usable->all -= min(usable->all, nr_pages);
	usable->unmovable -= min(usable->unmovable, nr_pages);
	page_hinting_count_add(HINT_ISOLATED, 1);
	trace_page_hinting_isolate(pfn, order);
	return PAGE_HINTING_ISOLATED;
}
