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

static bool extends_last_range(struct page_hinting_batch *batch,
			       unsigned long pfn)
{
	struct scatterlist *last;

	if (!batch->nr_ranges)
		return false;
	last = &batch->ranges[batch->nr_ranges - 1];
	return page_to_pfn(sg_page(last)) + PFN_DOWN(last->length) == pfn &&
	       page_zone(sg_page(last)) == page_zone(pfn_to_page(pfn));
}

/**
 * page_hinting_batch_fits - whether a batch has room for more memory
 * @batch: the batch
 * @max_ranges: ranges that it may have
 * @pfn: first page frame of the memory; not before what the batch has
 * @nr_pages: its size in pages
 *
 * Return: true if page_hinting_batch_add() may be called with the memory.
 */
bool page_hinting_batch_fits(struct page_hinting_batch *batch,
			     unsigned int max_ranges, unsigned long pfn,
			     unsigned long nr_pages)
{
	if (batch->nr_pages && batch->nr_pages + nr_pages > BATCH_MAX_PAGES)
		return false;
	return batch->nr_ranges < max_ranges || extends_last_range(batch, pfn);
}

/**
 * page_hinting_batch_add - add a block to a batch that has room for it
 * @batch: the batch
 * @pfn: first page frame of the block
 * @nr_pages: its size in pages
 *
 * A block that follows the last range makes that range longer.
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

/**
 * page_hinting_usable - free memory of a zone that its users can have
 * @zone: the zone
 * @cma: whether that includes its contiguous memory areas
 *
 * The reserve for atomic allocations is for these only, and what is free in
 * the contiguous memory areas (CMA) is for movable memory: however much that
 * is, it is no reason why all the rest could be spared.
 *
 * Return: the memory in pages, not exact.
 */
unsigned long page_hinting_usable(struct zone *zone, bool cma)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long reserved = zone->nr_free_highatomic;

	/* What the CPUs have not added yet may be more than what is left. */
	if (free < data_race(zone->percpu_drift_mark)) {
		/* And they may be adding it now. */
		free = data_race(zone_page_state_snapshot(zone, NR_FREE_PAGES));
	}

	if (!cma)
		reserved += zone_page_state(zone, NR_FREE_CMA_PAGES);
	return free > reserved ? free - reserved : 0;
}

/**
 * page_hinting_isolate - isolate a candidate, if it is still one
 * @candidate: the candidate; its zone's lock is held
 * @batch: gets the block
 * @max_ranges: ranges that the batch may have
 *
 * Return: what became of the candidate.
 */
enum page_hinting_verdict
page_hinting_isolate(struct page_hinting_candidate *candidate,
		     struct page_hinting_batch *batch, unsigned int max_ranges)
{
	unsigned long pfn = candidate->entry.pfn;
	struct zone *zone = candidate->zone;
	struct page *page = pfn_to_online_page(pfn);
	unsigned long nr_pages, usable, i;
	unsigned int order;

	lockdep_assert_held(&zone->lock);

	/*
	 * The mark goes with the first page's stay on the free list, the time
	 * tells this stay from an earlier one: with both it is the block that
	 * was captured, at the order it had then, and nobody had it since.
	 */
	if (!page || !PageBuddy(page) || page_hinting_zone(page) != zone ||
	    (page->flags & PAGE_HINTING_MARKS) != BIT(PG_captured) ||
	    page->hint_time != candidate->entry.time)
		return PAGE_HINTING_STALE;

	order = buddy_order(page);
	nr_pages = 1UL << order;

	if (!page_hinting_hintable(page)) {
		page_hinting_uncapture(zone, page);
		page_hinting_set_unhintable(zone, page);
		return PAGE_HINTING_STALE;
	}

	/* Invariant 4 (bounded). */
	usable = page_hinting_usable(zone, is_migrate_cma_page(page));
	if (!page_hinting_spares(usable, high_wmark_pages(zone),
				 zone->hinting.in_flight, nr_pages))
		return PAGE_HINTING_REFUSED;

	if (!page_hinting_batch_fits(batch, max_ranges, pfn, nr_pages))
		return PAGE_HINTING_FULL;

	atomic_long_add(nr_pages, &page_hinting_in_flight);
	/*
	 * Pairs with the barrier in pause_for(): a recall waits for this block, or we see
	 * that somebody is short of memory. He looks again in a while, so nobody
	 * is woken.
	 */
	smp_mb__after_atomic();
	if (page_hinting_recalling()) {
		atomic_long_sub(nr_pages, &page_hinting_in_flight);
		return PAGE_HINTING_FULL;
	}

	zone->hinting.by_us = true;
	page_hinting_take(page, order);
	zone->hinting.by_us = false;
	/* It comes back by pageblocks, each to know since when it is free. */
	for (i = pageblock_nr_pages; i < nr_pages; i += pageblock_nr_pages)
		pfn_to_page(pfn + i)->hint_time = candidate->entry.time;
	page_hinting_batch_add(batch, pfn, nr_pages);
	zone->hinting.in_flight += nr_pages;
	atomic_long_inc(&page_hinting_counters.isolated);
	trace_page_hinting_isolate(pfn, order);
	return PAGE_HINTING_ISOLATED;
}
