// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, ledger: invariant 3 (nothing missed). For each zone, in
 * pages of free blocks of the minimum order or larger,
 *
 *	free = hinted + captured + unhintable + missed
 *
 * holds at any time under the zone's lock. The left side is the buddy
 * allocator's own count. The marks tell the first three terms: PageReported
 * is hinted, PageCaptured is captured, both together are unhintable. They are
 * cleared wherever a block leaves its free list, which is one place,
 * page_hinting_taken(). So what reaches a free list by a way that no hook
 * sees has no mark and is missed by its being there, without anybody having
 * to know of that way. A sweep captures it.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>

#include <trace/events/page_hinting.h>

#include "../internal.h"
#include "internal.h"

/* Blocks looked at between two chances for others to run. */
#define BLOCKS_PER_RESCHED	1024

static unsigned long pages_of_free_blocks(struct zone *zone)
{
	unsigned long nr = 0;
	/* Who only looks does not wait for page_hinting_set_min_order(). */
	unsigned int order = READ_ONCE(page_hinting_min_order);

	for (; order < NR_PAGE_ORDERS; order++)
		nr += READ_ONCE(zone->free_area[order].nr_free) << order;
	return nr;
}

/**
 * page_hinting_missed - free memory of a zone that no stage knows of
 * @zone: the zone
 *
 * Context: exact under the zone's lock, else a guess.
 * Return: the memory in pages.
 */
unsigned long page_hinting_missed(struct zone *zone)
{
	unsigned long known = READ_ONCE(zone->hinting.hinted) +
			      READ_ONCE(zone->hinting.captured) +
			      READ_ONCE(zone->hinting.unhintable);
	unsigned long nr = pages_of_free_blocks(zone);

	return nr > known ? nr - known : 0;
}

/**
 * page_hinting_missed_anywhere - free memory that no stage knows of
 *
 * Return: the memory of all zones in pages; a guess while they change.
 */
unsigned long page_hinting_missed_anywhere(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		nr += page_hinting_missed(zone);
	return nr;
}

/**
 * page_hinting_hintable - whether a free block may be isolated
 * @page: first page of the block, its zone's lock held
 *
 * Not if somebody isolates its pageblock: he counts on what is free to stay.
 * Not from the reserve for atomic allocations, which can't wait for the host.
 *
 * Return: true if it may.
 */
bool page_hinting_hintable(struct page *page)
{
	int mt = get_pageblock_migratetype(page);

	return !is_migrate_isolate(mt) && !is_migrate_highatomic(mt);
}

static bool is_missed(unsigned long flags)
{
	return !(flags & PAGE_HINTING_MARKS) ||
	       (flags & PAGE_HINTING_MARKS) == PAGE_HINTING_MARKS;
}

static bool is_marked(unsigned long flags)
{
	return flags & PAGE_HINTING_MARKS;
}

/* Whether a free block with these flags is worth a visit. */
typedef bool (*wanted_fn)(unsigned long flags);

/* What to do with a free block, its zone's lock held; false ends the walk. */
typedef bool (*visit_fn)(struct zone *zone, struct page *page);

/*
 * Calls @visit, until it returns false, for each free block of @zone that is
 * at least of order @order and whose flags are @wanted, with the zone's lock
 * held. Walks page frames, not free lists: those change as soon as the lock
 * is let go, and a page frame is where a walk can go on. Returns true if it
 * came to the zone's end.
 */
static bool walk_free_blocks(struct zone *zone, unsigned int order,
			     wanted_fn wanted, visit_fn visit)
{
	unsigned long pfn = ALIGN(zone->zone_start_pfn, 1UL << order);
	unsigned long end = zone_end_pfn(zone);
	unsigned int looked = 0;
	bool more = true;

	for (; more && pfn < end; pfn += 1UL << order) {
		struct page *page;

		if (!(++looked % BLOCKS_PER_RESCHED))
			cond_resched();

		/* A look without the lock, to take it only for good reason. */
		page = pfn_to_online_page(pfn);
		if (!page || !PageBuddy(page) ||
		    page_hinting_zone(page) != zone ||
		    !wanted(READ_ONCE(page->flags)))
			continue;

		spin_lock_irq(&zone->lock);
		/*
		 * What is on line stays so under the lock, if it is free, and
		 * what is not has left the free lists when the lock is free.
		 */
		if (pfn_to_online_page(pfn) && PageBuddy(page) &&
		    page_hinting_zone(page) == zone &&
		    buddy_order(page) >= order && wanted(page->flags))
			more = visit(zone, page);
		spin_unlock_irq(&zone->lock);
	}
	return more;
}

/**
 * page_hinting_uncapture - take the mark from a captured block
 * @zone: the block's zone, its lock held
 * @page: first page of the block
 */
void page_hinting_uncapture(struct zone *zone, struct page *page)
{
	page_hinting_set_marks(page, 0);
	zone->hinting.captured -= 1UL << buddy_order(page);
}

/**
 * page_hinting_set_unhintable - note that a free block can't be hinted now
 * @zone: the block's zone, its lock held
 * @page: first page of the block, without marks
 */
void page_hinting_set_unhintable(struct zone *zone, struct page *page)
{
	page_hinting_set_marks(page, PAGE_HINTING_MARKS);
	zone->hinting.unhintable += 1UL << buddy_order(page);
}

static bool capture_missed(struct zone *zone, struct page *page)
{
	/* Unhintable until now; missed if it is hintable again. */
	if (page->flags & PAGE_HINTING_MARKS)
		__page_hinting_taken(zone, page, buddy_order(page));

	if (!page_hinting_hintable(page)) {
		page_hinting_set_unhintable(zone, page);
		return true;
	}
	/* What the first sweep finds was free before we came. */
	return page_hinting_capture(zone, page, buddy_order(page),
				    zone->hinting.swept ? jiffies :
				    jiffies - PAGE_HINTING_LONG_AGO);
}

static void sweep(struct zone *zone)
{
	atomic_long_inc(&page_hinting_counters.sweeps);
	trace_page_hinting_sweep(zone, page_hinting_missed(zone));
	if (walk_free_blocks(zone, page_hinting_min_order, is_missed,
			     capture_missed))
		zone->hinting.swept = true;
}

/*
 * Whether there is any sense in finding what was missed: a zone at its watermark
 * gives nothing away, and then we would look through all of it again and again.
 * What is in flight counts, for it will be back. If only CMA's memory can be
 * spared, then some of it has to be missed, not just what can't; a little of it,
 * less than the watermark, may have to wait until the zone has more.
 */
static bool spares_any(struct zone *zone)
{
	unsigned long block = 1UL << page_hinting_min_order;
	unsigned long high = high_wmark_pages(zone);
	unsigned long usable = page_hinting_usable(zone, false) +
			       zone->hinting.in_flight;

	if (page_hinting_spares(usable, high, 0, block))
		return true;
	return page_hinting_missed(zone) > usable &&
	       page_hinting_spares(page_hinting_usable(zone, true) +
				   zone->hinting.in_flight, high, 0, block);
}

/**
 * page_hinting_uneven - whether a zone needs a sweep
 * @zone: the zone, its lock held
 *
 * Return: true if free memory was missed, and the zone can spare some; or if
 * what was unhintable may not be so any more.
 */
bool page_hinting_uneven(struct zone *zone)
{
	return zone->hinting.moved ||
	       (page_hinting_missed(zone) && spares_any(zone));
}

/**
 * page_hinting_audit - look at each zone's ledger, sweep where it is not even
 *
 * Context: the pass; may sleep.
 */
void page_hinting_audit(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		bool uneven;

		spin_lock_irq(&zone->lock);
		uneven = page_hinting_uneven(zone);
		zone->hinting.moved = false;
		spin_unlock_irq(&zone->lock);
		if (uneven)
			sweep(zone);
	}
}

static bool clear_marks(struct zone *zone, struct page *page)
{
	page_hinting_set_marks(page, 0);
	return true;
}

/**
 * page_hinting_forget - clear all marks, and the ledgers with them
 *
 * Context: may sleep; nothing is captured and nothing gets marked.
 */
void page_hinting_forget(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		walk_free_blocks(zone, page_hinting_mark_order(), is_marked,
				 clear_marks);

		spin_lock_irq(&zone->lock);
		zone->hinting.hinted = 0;
		zone->hinting.captured = 0;
		zone->hinting.unhintable = 0;
		zone->hinting.swept = false;
		memset(zone->hinting.recent, 0, sizeof(zone->hinting.recent));
		spin_unlock_irq(&zone->lock);
	}
}

void __page_hinting_taken(struct zone *zone, struct page *page,
			  unsigned int order)
{
	unsigned long marks = page->flags & PAGE_HINTING_MARKS;

	page_hinting_set_marks(page, 0);

	if (order < page_hinting_min_order)
		return;

	/*
	 * What we take to the host, or merge with what comes back from there,
	 * is not being used. A merge with what is freed counts as a use: the
	 * block was not whole yet.
	 */
	if (marks == PAGE_HINTING_MARKS) {
		zone->hinting.unhintable -= 1UL << order;
	} else if (marks == BIT(PG_captured)) {
		zone->hinting.captured -= 1UL << order;
		if (!zone->hinting.by_us)
			page_hinting_note_taken(page->hint_time, 1UL << order);
	} else {
		zone->hinting.hinted -= 1UL << order;
		if (!zone->hinting.by_us)
			page_hinting_note_regretted(zone, 1UL << order);
	}

	/* What is left of a block that gets split is captured by a sweep. */
	if (order > page_hinting_min_order)
		page_hinting_kick();
}

void __page_hinting_moved(struct zone *zone)
{
	zone->hinting.moved = true;
	page_hinting_kick();
}
