/* SPDX-License-Identifier: GPL-2.0 */
/* Free page hinting: what it keeps in each zone. */
#ifndef _LINUX_PAGE_HINTING_TYPES_H
#define _LINUX_PAGE_HINTING_TYPES_H

#include <linux/types.h>

/*
 * A free block's state, in its PG_captured and PG_reported. On a page in use these
 * bits mean something else.
 */
enum page_hinting_state {
	PAGE_HINTING_UNKNOWN,
	PAGE_HINTING_CAPTURED,		/* waits to be isolated */
	PAGE_HINTING_HINTED,		/* the host has it */
	PAGE_HINTING_UNHINTABLE,	/* must stay where it is for now */
};

/* The last one has what was free for the longest age that there can be. */
#define PAGE_HINTING_BUCKETS	18

/* What happened to memory, in pages. */
struct page_hinting_history {
	u64 reused[PAGE_HINTING_BUCKETS];	/* in n: free for up to 2^n jiffies */
	u64 hinted;		/* but not what was free before we came */
	u64 regretted;		/* of these, what should not have been */
};

#define PAGE_HINTING_SLOTS	32

/**
 * struct page_hinting_ledger - a zone's free memory by its state
 * @pages: pages in free blocks, for each &enum page_hinting_state; for the
 *	unknown state it is minus all the others
 * @in_flight: pages out of the buddy allocator because of us
 * @hand: page frame that the clock hand looks at next; 0 before its first
 * @passed: pages that it passed by since it last found a block
 * @missed_since: when free memory was seen that no stage knows of; jiffies, or 0
 * @left: pages of such memory that the hand could not take
 * @held_up: whether it could not because too much was in flight
 * @lately: what happened since the policy last looked
 * @slot: number of the newest slot of @recent
 * @occupied: slots of @recent that count, bit n for the nth before the newest
 * @recent: pages hinted and not used since, in slots of when they were freed
 *
 * Protected by the zone's lock.
 */
struct page_hinting_ledger {
	unsigned long pages[4];
	unsigned long in_flight;
	unsigned long hand;
	unsigned long passed;
	unsigned long missed_since;
	unsigned long left;
	bool held_up;
	struct page_hinting_history lately;
	unsigned long slot;
	u32 occupied;
	u32 recent[PAGE_HINTING_SLOTS];
};

#endif /* _LINUX_PAGE_HINTING_TYPES_H */
