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
#include <linux/mmzone.h>
#include <linux/page-flags.h>

#ifdef CONFIG_FREE_PAGE_HINTING

DECLARE_STATIC_KEY_FALSE(page_hinting_key);
extern unsigned int page_hinting_capture_order;

/* What a free block can be marked with; never set on a page in use. */
#define PAGE_HINTING_MARKS	(BIT(PG_captured) | BIT(PG_reported))

/* Atomic, for memory failure sets PG_hwpoison without the zone's lock. */
static inline void page_hinting_set_marks(struct page *page, unsigned long marks)
{
	set_mask_bits(&page->flags, PAGE_HINTING_MARKS, marks);
}

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order);
void __page_hinting_taken(struct zone *zone, struct page *page,
			  unsigned int order);
void __page_hinting_moved(struct zone *zone);

/* mm/page_alloc.c: takes a block off its free list, the zone's lock held. */
void page_hinting_take(struct page *page, unsigned int order);

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
	if (static_branch_unlikely(&page_hinting_key) &&
	    unlikely(order >= READ_ONCE(page_hinting_capture_order)))
		__page_hinting_free(zone, page, order);
}

/**
 * page_hinting_taken - a block leaves its free list
 * @zone: the block's zone, its lock held
 * @page: first page of the block, still marked as free
 * @order: the block's order
 *
 * Whoever takes the block, for use, for a merge or to split it, takes it
 * without marks.
 */
static __always_inline void page_hinting_taken(struct zone *zone,
					       struct page *page,
					       unsigned int order)
{
	if (static_branch_unlikely(&page_hinting_key) &&
	    unlikely(page->flags & PAGE_HINTING_MARKS))
		__page_hinting_taken(zone, page, order);
}

/**
 * page_hinting_moved - free blocks came to a zone's free lists unannounced
 * @zone: the zone, its lock held
 */
static inline void page_hinting_moved(struct zone *zone)
{
	if (static_branch_unlikely(&page_hinting_key))
		__page_hinting_moved(zone);
}

extern atomic_long_t page_hinting_pages_returned;

/**
 * page_hinting_returned - what to tell page_hinting_recall()
 *
 * Return: how many pages came back from the device, ever, modulo its type.
 */
static inline unsigned long page_hinting_returned(void)
{
	/* Pairs with the release in page_hinting_return(): it is free by now. */
	return atomic_long_read_acquire(&page_hinting_pages_returned);
}

/* Not behind the key: what is in flight comes back also when hinting is off. */
bool page_hinting_recall(unsigned long returned);

/**
 * page_hinting_gives_up - whether an allocation fails rather than waits
 * @gfp_mask: its flags
 * @order: its order
 *
 * Those that say so by __GFP_NORETRY; and large ones that do not mind failing,
 * the huge pages of processes above all, which fall back on small ones.
 */
static inline bool page_hinting_gives_up(gfp_t gfp_mask, unsigned int order)
{
	if (gfp_mask & __GFP_NORETRY)
		return true;
	return order > PAGE_ALLOC_COSTLY_ORDER && (gfp_mask & __GFP_NOWARN) &&
	       !(gfp_mask & __GFP_RETRY_MAYFAIL);
}

#else /* !CONFIG_FREE_PAGE_HINTING */

static inline void page_hinting_free(struct zone *zone, struct page *page,
				     unsigned int order)
{
}

static inline void page_hinting_taken(struct zone *zone, struct page *page,
				      unsigned int order)
{
}

static inline void page_hinting_moved(struct zone *zone)
{
}

static inline unsigned long page_hinting_returned(void)
{
	return 0;
}

static inline bool page_hinting_recall(unsigned long returned)
{
	return false;
}

static inline bool page_hinting_gives_up(gfp_t gfp_mask, unsigned int order)
{
	return true;
}

#endif /* CONFIG_FREE_PAGE_HINTING */
#endif /* _MM_PAGE_HINTING_HOOK_H */
