/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page allocator's side of free page hinting: all that runs in its paths
 * while hinting is off is the patched-out branch in each of these inlines, and
 * in the slow path the load of a counter (invariant 7, off is free).
 */
#ifndef _MM_PAGE_HINTING_HOOK_H
#define _MM_PAGE_HINTING_HOOK_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/kconfig.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>

DECLARE_STATIC_KEY_FALSE(page_hinting_key);
extern unsigned int page_hinting_capture_order;
extern atomic_long_t page_hinting_pages_returned;

/* What a free block can be marked with; never set on a page in use. */
#define PAGE_HINTING_MARKS	(BIT(PG_captured) | BIT(PG_reported))

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order);
void __page_hinting_taken(struct zone *zone, struct page *page,
			  unsigned int order);
void __page_hinting_used(struct zone *zone, struct page *page,
			 unsigned int low, unsigned int high,
			 unsigned long marks);
void __page_hinting_moved(struct zone *zone, struct page *page);
bool __page_hinting_recall(unsigned long returned);
bool __page_hinting_recall_range(unsigned long start, unsigned long end);

/* mm/page_alloc.c: takes a block off its free list, the zone's lock held. */
void page_hinting_take(struct page *page, unsigned int order);

/* Without the option nothing of what is behind this is built, nor called. */
static __always_inline bool page_hinting_on(void)
{
	return IS_ENABLED(CONFIG_FREE_PAGE_HINTING) &&
	       static_branch_unlikely(&page_hinting_key);
}

/**
 * page_hinting_free - a block has been freed and merged
 * @zone: the block's zone, its lock held
 * @page: first page of the block, on a free list
 * @order: the block's order
 */
static __always_inline void page_hinting_free(struct zone *zone,
					      struct page *page,
					      unsigned int order)
{
	if (page_hinting_on() &&
	    unlikely(order >= READ_ONCE(page_hinting_capture_order)))
		__page_hinting_free(zone, page, order);
}

/**
 * page_hinting_marks - the marks of a free block
 * @page: first page of the block, its zone's lock held
 *
 * Return: the marks, for page_hinting_used(); 0 if it has none.
 */
static __always_inline unsigned long page_hinting_marks(struct page *page)
{
	return page_hinting_on() ? page->flags & PAGE_HINTING_MARKS : 0;
}

/**
 * page_hinting_taken - a block leaves its free list
 * @zone: the block's zone, its lock held
 * @page: first page of the block
 * @order: the block's order
 *
 * Whoever takes the block, for use, for a merge or to split it, takes it
 * without marks.
 */
static __always_inline void page_hinting_taken(struct zone *zone,
					       struct page *page,
					       unsigned int order)
{
	if (unlikely(page_hinting_marks(page)))
		__page_hinting_taken(zone, page, order);
}

/**
 * page_hinting_used - a block was allocated, and what is left of it is free
 * @zone: the block's zone, its lock held
 * @page: first page of the block
 * @low: order of what was allocated, the block's first part
 * @high: the order that the block had
 * @marks: page_hinting_marks() before it was taken
 */
static __always_inline void page_hinting_used(struct zone *zone,
					      struct page *page,
					      unsigned int low,
					      unsigned int high,
					      unsigned long marks)
{
	if (unlikely(marks))
		__page_hinting_used(zone, page, low, high, marks);
}

/**
 * page_hinting_moved - a pageblock's free memory has become anybody's
 * @zone: its zone, the lock held
 * @page: a page of the pageblock, which was isolated or reserved
 */
static inline void page_hinting_moved(struct zone *zone, struct page *page)
{
	if (page_hinting_on())
		__page_hinting_moved(zone, page);
}

/**
 * page_hinting_returned - what to tell page_hinting_recall()
 *
 * Return: how many pages came back from the device, ever, modulo its type.
 */
static inline unsigned long page_hinting_returned(void)
{
	if (!IS_ENABLED(CONFIG_FREE_PAGE_HINTING))
		return 0;
	/* Pairs with the release in page_hinting_batch_end(): it is free by now. */
	return atomic_long_read_acquire(&page_hinting_pages_returned);
}

/**
 * page_hinting_gives_up - whether an allocation fails rather than waits
 * @gfp_mask: its flags
 * @order: its order
 *
 * Those that may not sleep, or say so by __GFP_NORETRY; and large ones that do
 * not mind failing, the huge pages of processes above all, which fall back on
 * small ones.
 */
static inline bool page_hinting_gives_up(gfp_t gfp_mask, unsigned int order)
{
	if (!IS_ENABLED(CONFIG_FREE_PAGE_HINTING) ||
	    !(gfp_mask & __GFP_DIRECT_RECLAIM) || (gfp_mask & __GFP_NORETRY))
		return true;
	return order > PAGE_ALLOC_COSTLY_ORDER && (gfp_mask & __GFP_NOWARN) &&
	       !(gfp_mask & __GFP_RETRY_MAYFAIL);
}

/**
 * page_hinting_recall - ask for what is in flight before failing or killing
 * @gfp_mask: flags of the allocation
 * @order: its order
 * @returned: page_hinting_returned() before it last looked for memory
 * @recalled: whether this allocation was told to try again before; set by us
 *
 * Not behind the key: what is in flight comes back also when hinting is off.
 *
 * Context: as __page_hinting_recall().
 * Return: true, once, if memory came back since, so that trying again makes
 * sense.
 */
static inline bool page_hinting_recall(gfp_t gfp_mask, unsigned int order,
				       unsigned long returned, bool *recalled)
{
	if (*recalled || page_hinting_gives_up(gfp_mask, order))
		return false;
	*recalled = __page_hinting_recall(returned);
	return *recalled;
}

/**
 * page_hinting_recall_range - get back what is in flight of a range
 * @start: first page frame of the range, whose pageblocks are isolated, so that
 *	no more of it leaves
 * @end: the page frame behind it
 *
 * Context: as __page_hinting_recall().
 * Return: true if all of it is back; false if the host does not answer.
 */
static inline bool page_hinting_recall_range(unsigned long start,
					     unsigned long end)
{
	return !IS_ENABLED(CONFIG_FREE_PAGE_HINTING) ||
	       __page_hinting_recall_range(start, end);
}

#endif /* _MM_PAGE_HINTING_HOOK_H */
