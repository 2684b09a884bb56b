/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page allocator's side of free page hinting. Invariant 7 (off is free): while
 * it is off a patched-out branch runs in each of these inlines, and in the slow
 * path the load of a counter; without the option nothing.
 */
#ifndef _MM_PAGE_HINTING_HOOK_H
#define _MM_PAGE_HINTING_HOOK_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/mmzone.h>
#include <linux/compaction.h>	/* needs mmzone.h */
#include <linux/page-flags.h>

/* What tells a free block's state, see &enum page_hinting_state. */
#define PAGE_HINTING_MARKS	(BIT(PG_captured) | BIT(PG_reported))

DECLARE_STATIC_KEY_FALSE(page_hinting_key);
extern unsigned int page_hinting_capture_order;
extern atomic_long_t page_hinting_pages_returned;

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order, int migratetype);
void __page_hinting_used(struct zone *zone, struct page *page,
			 unsigned int low, unsigned int high,
			 enum page_hinting_state was);
void __page_hinting_moved(struct zone *zone);
void page_hinting_set_state(struct zone *zone, struct page *page,
			    unsigned int order, enum page_hinting_state state);
bool __page_hinting_recall(unsigned long returned);
bool __page_hinting_recall_range(unsigned long start, unsigned long end);

/* mm/compaction.c, for whole.c */
struct compact_control;
struct capture_control;
enum compact_result compact_zone(struct compact_control *cc,
				 struct capture_control *capc);

/* mm/page_alloc.c: takes a block off its free list, the zone's lock held. */
void page_hinting_take(struct page *page, unsigned int order);
/* The same: empties a CPU's page lists. */
void drain_pages(unsigned int cpu);

static __always_inline bool page_hinting_on(void)
{
	return IS_ENABLED(CONFIG_FREE_PAGE_HINTING) &&
	       static_branch_unlikely(&page_hinting_key);
}

/* The state of a free block, its zone's lock held; while hinting is on. */
static __always_inline enum page_hinting_state
__page_hinting_state(const struct page *page)
{
	static_assert(PG_reported == PG_captured + 1);

	return (READ_ONCE(page->flags) & PAGE_HINTING_MARKS) >> PG_captured;
}

static __always_inline enum page_hinting_state
page_hinting_state(const struct page *page)
{
	return page_hinting_on() ? __page_hinting_state(page) :
				   PAGE_HINTING_UNKNOWN;
}

/* A block was freed and merged and is on a free list, the zone's lock held. */
static __always_inline void page_hinting_free(struct zone *zone,
					      struct page *page,
					      unsigned int order,
					      int migratetype)
{
	if (page_hinting_on() &&
	    unlikely(order >= READ_ONCE(page_hinting_capture_order)))
		__page_hinting_free(zone, page, order, migratetype);
}

/* A block leaves its free list, for whatever: without marks. The lock is held. */
static __always_inline void page_hinting_taken(struct zone *zone,
					       struct page *page,
					       unsigned int order)
{
	if (unlikely(page_hinting_state(page)))
		page_hinting_set_state(zone, page, order, PAGE_HINTING_UNKNOWN);
}

/*
 * Of a block of the order @high the first part, of the order @low, was allocated.
 * @was is its state before it was taken. The zone's lock is held.
 */
static __always_inline void page_hinting_used(struct zone *zone,
					      struct page *page,
					      unsigned int low,
					      unsigned int high,
					      enum page_hinting_state was)
{
	if (unlikely(was))
		__page_hinting_used(zone, page, low, high, was);
}

/* What is free in a pageblock that was isolated has become anybody's. */
static inline void page_hinting_moved(struct zone *zone)
{
	if (page_hinting_on())
		__page_hinting_moved(zone);
}

/* How many pages came back from the device, ever: for page_hinting_recall(). */
static inline unsigned long page_hinting_returned(void)
{
	if (!IS_ENABLED(CONFIG_FREE_PAGE_HINTING))
		return 0;
	/* Pairs with the release in page_hinting_batch_end(). */
	return atomic_long_read_acquire(&page_hinting_pages_returned);
}

/*
 * Whether an allocation fails rather than waits: one that may not sleep, or says
 * so; or a large one that does not mind, the huge pages of processes above all.
 */
static inline bool page_hinting_gives_up(gfp_t gfp_mask, unsigned int order)
{
	if (!IS_ENABLED(CONFIG_FREE_PAGE_HINTING) ||
	    !(gfp_mask & __GFP_DIRECT_RECLAIM) || (gfp_mask & __GFP_NORETRY))
		return true;
	return order > PAGE_ALLOC_COSTLY_ORDER && (gfp_mask & __GFP_NOWARN) &&
	       !(gfp_mask & __GFP_RETRY_MAYFAIL);
}

/*
 * Before an allocation fails or kills, see __page_hinting_recall(). Returns true,
 * once each time, if it should start anew; else what is back is there for its last
 * look. Also when hinting is off.
 */
static inline bool page_hinting_recall(gfp_t gfp_mask, unsigned int order,
				       unsigned long returned, bool *recalled)
{
	bool again = !*recalled;

	if (page_hinting_gives_up(gfp_mask, order) || !__page_hinting_recall(returned))
		return false;
	*recalled = true;
	return again;
}

/* See __page_hinting_recall_range(). */
static inline bool page_hinting_recall_range(unsigned long start,
					     unsigned long end)
{
	return !IS_ENABLED(CONFIG_FREE_PAGE_HINTING) ||
	       __page_hinting_recall_range(start, end);
}

#endif /* _MM_PAGE_HINTING_HOOK_H */
