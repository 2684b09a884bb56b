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

/* How far compaction is in a zone, see mm/page_hinting/whole.c. */
struct page_hinting_whole {
	unsigned long migrate_pfn;	/* where it goes on; 0 if from the beginning */
	unsigned long free_pfn;
	unsigned long budget;		/* jiffies that it may take to the end */
	unsigned long before;		/* free pages in pieces when it began */
	unsigned long left;		/* and when it was through */
	unsigned int in_vain;		/* how often it won little, lately */
};

/* Where in a zone a search goes on. */
struct page_hinting_hand {
	unsigned long pfn;	/* that it looks at next; 0 before its first */
	unsigned long passed;	/* pages since it last began to count */
};

/**
 * struct page_hinting_ledger - a zone's free memory by its state
 * @pages: pages in free blocks of the minimum order or larger, for each &enum
 *	page_hinting_state; for the unknown state it is minus the others
 * @pieces: the same for smaller blocks
 * @in_flight: pages out of the buddy allocator because of us
 * @hand: the clock hand's, which counts since it last found a block
 * @missed_since: when free memory was seen that no stage knows of; jiffies, or 0
 * @left: pages of such memory that can't be taken for now
 * @lately: what happened since the policy last looked
 * @recent: pages hinted of late and not used since
 * @recent_time: when the last of them was freed, in jiffies
 * @regretted_time: when a hinted block was last used, in jiffies
 * @burst_time: when the burst of such uses began that this one was of
 * @slow_hand: that for pieces, which counts since its revolution began
 * @turn: pages that the slow hand may still pass by in its turn
 * @pieces_hinted: pages in pieces that it found since its revolution began
 * @pieces_used: pages of hinted pieces that were used since then
 * @slower: how often the age of pieces was doubled
 * @whole: how far compaction is
 *
 * Protected by the zone's lock.
 */
struct page_hinting_ledger {
	unsigned long pages[PAGE_HINTING_STATES];
	unsigned long pieces[PAGE_HINTING_STATES];
	unsigned long in_flight;
	struct page_hinting_hand hand;
	unsigned long missed_since;
	unsigned long left;
	struct page_hinting_history lately;
	unsigned long recent;
	unsigned long recent_time;
	unsigned long regretted_time;
	unsigned long burst_time;
	struct page_hinting_hand slow_hand;
	unsigned long turn;
	unsigned long pieces_hinted;
	unsigned long pieces_used;
	unsigned int slower;
	struct page_hinting_whole whole;
};

#endif /* _LINUX_PAGE_HINTING_TYPES_H */
