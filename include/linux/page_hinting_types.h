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
	PAGE_HINTING_STATES
};

/* The last one has what was free for the longest age that there can be. */
#define PAGE_HINTING_BUCKETS	18

/* What happened to memory, in pages. */
struct page_hinting_history {
	u64 reused[PAGE_HINTING_BUCKETS];	/* in n: free for up to 2^n jiffies */
	s64 cold;		/* hinted, and not regretted */
};

/**
 * struct page_hinting_ledger - a zone's free memory by its state
 * @pages: pages in free blocks, for each &enum page_hinting_state; for the
 *	unknown state it is minus the others
 * @in_flight: pages out of the buddy allocator because of us
 * @hand: page frame that the clock hand looks at next; 0 before its first
 * @passed: pages that it passed by since it last found a block
 * @missed_since: when free memory was seen that no stage knows of; jiffies, or 0
 * @left: pages of such memory that can't be taken for now
 * @lately: what happened since the policy last looked
 * @recent: pages hinted of late and not used since
 * @recent_time: when the last of them was freed, in jiffies
 *
 * Protected by the zone's lock.
 */
struct page_hinting_ledger {
	unsigned long pages[PAGE_HINTING_STATES];
	unsigned long in_flight;
	unsigned long hand;
	unsigned long passed;
	unsigned long missed_since;
	unsigned long left;
	struct page_hinting_history lately;
	unsigned long recent;
	unsigned long recent_time;
};

#endif /* _LINUX_PAGE_HINTING_TYPES_H */
