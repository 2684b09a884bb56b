/* SPDX-License-Identifier: GPL-2.0 */
/* Free page hinting: what it keeps in each zone. */
#ifndef _LINUX_PAGE_HINTING_TYPES_H
#define _LINUX_PAGE_HINTING_TYPES_H

#include <linux/types.h>

#define PAGE_HINTING_SLOTS	32

/**
 * struct page_hinting_ledger - a zone's free memory by its state
 * @captured: pages in blocks that wait to be isolated
 * @hinted: pages in free blocks that the host has
 * @unhintable: pages in free blocks that must stay where they are for now
 * @in_flight: pages out of the buddy allocator because of us
 * @hand: page frame that the clock hand looks at next
 * @passed: pages that it passed by since it last found a block
 * @missed_since: when free memory was seen that no stage knows of; jiffies, or 0
 * @left: pages of such memory that the hand went round for and could not take
 * @went_round: whether the hand has seen the whole zone since hinting began
 * @slot: number of the newest slot of @recent
 * @occupied: slots of @recent that count, bit n for the nth
 * @recent: pages hinted and not used since, in slots of when they were freed
 *
 * Protected by the zone's lock.
 */
struct page_hinting_ledger {
	unsigned long captured;
	unsigned long hinted;
	unsigned long unhintable;
	unsigned long in_flight;
	unsigned long hand;
	unsigned long passed;
	unsigned long missed_since;
	unsigned long left;
	bool went_round;
	unsigned long slot;
	u32 occupied;
	u32 recent[PAGE_HINTING_SLOTS];
};

#endif /* _LINUX_PAGE_HINTING_TYPES_H */
