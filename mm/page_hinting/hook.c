// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: all that runs in the page allocator's own paths, under
 * the zone's lock, but for the array behind capture.c.
 *
 * Invariant 3 (nothing missed) rests on a ledger. For each zone, in pages of
 * free blocks of the minimum order or larger,
 *
 *	free = hinted + captured + unhintable + missed
 *
 * holds at any time under the zone's lock. The left side is the buddy
 * allocator's own count. The marks tell the first three terms: PageReported
 * is hinted, PG_captured is captured, both together are unhintable. They are
 * cleared wherever a block leaves its free list, which is one place,
 * __page_hinting_taken(). So what reaches a free list by a way that no hook
 * sees has no mark and is missed by its being there, without anybody having
 * to know of that way; the clock hand finds it.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>

#include <trace/events/page_hinting.h>

#include "../internal.h"
#include "internal.h"

/* Atomic, for memory failure sets PG_hwpoison without the zone's lock. */
void page_hinting_set_marks(struct page *page, unsigned long marks)
{
	set_mask_bits(&page->flags, PAGE_HINTING_MARKS, marks);
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
	       (page->flags & PAGE_HINTING_MARKS) == BIT(PG_captured) &&
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

/* An entry for it is in an array, or with the pass. */
void page_hinting_set_captured(struct zone *zone, struct page *page,
			       unsigned int order, unsigned long time)
{
	page->hint_time = time;
	page_hinting_set_marks(page, BIT(PG_captured));
	zone->hinting.captured += 1UL << order;
	page_hinting_count_add(HINT_CAPTURED, 1);
	trace_page_hinting_capture(page_to_pfn(page), order);
}

void page_hinting_uncapture(struct zone *zone, struct page *page)
{
	page_hinting_set_marks(page, 0);
	zone->hinting.captured -= 1UL << buddy_order(page);
}

void page_hinting_set_unhintable(struct zone *zone, struct page *page)
{
	page_hinting_set_marks(page, PAGE_HINTING_MARKS);
	zone->hinting.unhintable += 1UL << buddy_order(page);
}

void page_hinting_set_hinted(struct zone *zone, struct page *page,
			     unsigned int order, unsigned long time)
{
	page->hint_time = time;
	page_hinting_set_marks(page, BIT(PG_reported));
	if (order >= page_hinting_min_order)
		zone->hinting.hinted += 1UL << order;
}

/*
 * Whether a free block of the minimum order or larger is to be captured after
 * all: it has no mark, or was unhintable and is not so any more, and has no
 * mark now.
 */
bool page_hinting_overlooked(struct zone *zone, struct page *page)
{
	unsigned long marks = page->flags & PAGE_HINTING_MARKS;

	if (marks && marks != PAGE_HINTING_MARKS)
		return false;
	if (page_hinting_hintable(page)) {
		if (marks)
			__page_hinting_taken(zone, page, buddy_order(page));
		return true;
	}
	if (!marks)
		page_hinting_set_unhintable(zone, page);
	return false;
}

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order)
{
	/*
	 * What is about to go off line, or to come on line: until it has, no
	 * walk sees it, not even to clear its mark. If it stays free we hear of
	 * it by page_hinting_moved().
	 */
	if (is_migrate_isolate_page(page))
		return;

	page_hinting_capture(zone, page, order,
			     READ_ONCE(page_hinting_draining) ?: jiffies);
	page_hinting_kick();
}

void __page_hinting_taken(struct zone *zone, struct page *page,
			  unsigned int order)
{
	unsigned long marks = page->flags & PAGE_HINTING_MARKS;

	page_hinting_set_marks(page, 0);

	if (order < page_hinting_min_order)
		return;
	if (marks == PAGE_HINTING_MARKS)
		zone->hinting.unhintable -= 1UL << order;
	else if (marks == BIT(PG_captured))
		zone->hinting.captured -= 1UL << order;
	else
		zone->hinting.hinted -= 1UL << order;
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
			 unsigned long marks)
{
	unsigned int least = max(low, page_hinting_min_order);
	unsigned long time = page->hint_time;
	unsigned int order;

	if (marks == BIT(PG_captured))
		page_hinting_note_taken(time, 1UL << least);
	else if (marks == BIT(PG_reported))
		page_hinting_note_regretted(zone, 1UL << least);

	if (!page_hinting_running())
		return;

	for (order = high; order > least; ) {
		struct page *half = page + (1UL << --order);

		/* Not if it is a guard, see debug_guardpage_enabled(). */
		if (!PageBuddy(half))
			continue;
		if (marks == PAGE_HINTING_MARKS)
			page_hinting_set_unhintable(zone, half);
		else if (marks == BIT(PG_reported))
			page_hinting_set_hinted(zone, half, order, time);
		else
			page_hinting_capture(zone, half, order, time);
	}
	if (high > least)
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
		unsigned int order = min(page_hinting_min_order,
					 pageblock_order);

		if (block) {
			order = max(order, buddy_order(block));
			if (buddy_order(block) >= page_hinting_min_order &&
			    page_hinting_overlooked(zone, block))
				page_hinting_capture(zone, block,
						     buddy_order(block),
						     jiffies);
		}
		pfn = ALIGN(pfn + 1, 1UL << order);
		/* There may be no page behind the last pageblock. */
		block = pfn < end && PageBuddy(pfn_to_page(pfn)) ?
			pfn_to_page(pfn) : NULL;
	}
	page_hinting_kick();
}
