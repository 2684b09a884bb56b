// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, the slow hand: finds free blocks below min_order, down to
 * cold_order, that stay free. Each costs the device a descriptor and the host a
 * call, splits a huge page of the host's, and is faulted in by small pages when it
 * is used again: so the hand has to have seen it free twice, a revolution apart, and
 * moves in turns that idle.c gives it. A mark "captured" says that it was seen;
 * there is no entry.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sched.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/* A revolution, if a turn comes each second, and is not longer than... */
#define TURNS		4
/* ... so many places: about a millisecond's work. */
#define PLACES_PER_TURN	16384UL

/* Pieces that were used again make it slower, up to eight times. */
#define SLOWEST		3

/* Free memory in pieces that it need not move for. */
#define SPARED		(SZ_1M >> PAGE_SHIFT)

/* How long a piece stays free at least, in jiffies, if none is used again. */
#define PIECE_AGE	(5UL * HZ)

/* Pages in free pieces that the host has not got; a guess without the zone's lock. */
unsigned long page_hinting_pieces(struct zone *zone)
{
	/* As page_hinting_missed(). */
	unsigned long hinted = data_race(zone->hinting.pieces[PAGE_HINTING_HINTED]);
	unsigned long nr = page_hinting_free_pages(zone, page_hinting_hook_order(),
						   READ_ONCE(page_hinting_min_order));

	return nr - min(nr, hinted);
}

/* Gives the zone's slow hand a turn, if it has something to find. */
bool page_hinting_give_turn(struct zone *zone)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	bool more;

	spin_lock_irq(&zone->lock);
	more = page_hinting_pieces(zone) > SPARED &&
	       page_hinting_usable(zone) > high_wmark_pages(zone) + SPARED;
	if (more && !ledger->turn)
		ledger->turn = min(DIV_ROUND_UP(zone->spanned_pages, TURNS),
				   PLACES_PER_TURN << page_hinting_hook_order());
	spin_unlock_irq(&zone->lock);
	return more;
}

/*
 * More than an eighth of what the host had was used again: slower. What it gets after
 * that, and keeps, makes the hand faster again, half as fast.
 */
static void end_revolution(struct page_hinting_ledger *ledger)
{
	unsigned long had = ledger->pieces[PAGE_HINTING_HINTED] + ledger->pieces_used;

	if (ledger->pieces_used > SPARED && ledger->pieces_used > had / 8)
		ledger->slower = min(ledger->slower + 2, SLOWEST + 0U);
	else if (ledger->slower && ledger->pieces_hinted > SPARED)
		ledger->slower--;
	ledger->pieces_used = 0;
	ledger->pieces_hinted = 0;
	ledger->slow_hand.passed = 0;
}

/* Few pieces touch, so that each takes a range. */
static bool has_room(struct page_hinting_pending *pending)
{
	return page_hinting_has_room(pending) && pending->nr < pending->ranges;
}

/* Returns whether the hand can go on; @found: pages that are about to leave. */
static bool look_at_some(struct zone *zone, struct page_hinting_pending *pending,
			 unsigned long *found)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned int least = page_hinting_hook_order(), looked, order;
	unsigned long usable = page_hinting_usable(zone), now = jiffies;
	struct page_hinting_entry entry = { zone };
	struct page *block;
	bool more = true;
	unsigned long pfn, passed;

	for (looked = 0; looked < PAGE_HINTING_PER_LOCK && ledger->turn; looked++) {
		if (!has_room(pending))
			break;
		if (ledger->slow_hand.passed >= zone->spanned_pages)
			end_revolution(ledger);
		passed = ledger->slow_hand.passed;
		block = page_hinting_next_block(zone, &ledger->slow_hand, least);
		passed = ledger->slow_hand.passed - passed;
		ledger->turn -= min(ledger->turn, passed);
		order = block ? buddy_order(block) : 0;
		if (order < least || order >= page_hinting_min_order ||
		    is_migrate_isolate_page(block) ||
		    __page_hinting_state(block) == PAGE_HINTING_HINTED)
			continue;

		pfn = page_to_pfn(block);
		if (__page_hinting_state(block) == PAGE_HINTING_UNKNOWN) {
			block->hint_time = now;
			page_hinting_set_state(zone, block, order,
					       PAGE_HINTING_CAPTURED);
		}
		if (!page_hinting_flushing() &&
		    time_before(now, block->hint_time + (PIECE_AGE << ledger->slower)))
			continue;
		if (!page_hinting_spares(zone, usable - min(usable, *found),
					 ledger->in_flight + *found, 1UL << order)) {
			/* Too large, whatever comes back. */
			if (!(ledger->in_flight + *found))
				continue;
			/* On from here when something is back. */
			ledger->slow_hand.pfn = pfn;
			ledger->slow_hand.passed -= passed;
			ledger->turn += passed;
			WRITE_ONCE(pending->held_up, true);
			more = false;
			break;
		}
		entry.pfn = pfn;
		entry.time = block->hint_time;
		page_hinting_pend(pending, &entry);
		page_hinting_count_add(HINT_CAPTURED, 1);
		*found += 1UL << order;
		ledger->pieces_hinted += 1UL << order;
	}
	page_hinting_count_add(HINT_PIECES_LOOKED, looked);
	return more && ledger->turn;
}

/* Moves the slow hands whose turn it is. Returns whether all turns are over. */
bool page_hinting_slow_hands(struct page_hinting_pending *pending)
{
	unsigned int collected = pending->nr, i;
	bool more, over = true;
	unsigned long found;
	struct zone *zone;

	for_each_populated_zone(zone) {
		found = 0;
		for (i = 0; i < collected; i++)
			if (pending->candidates[i].zone == zone)
				found += 1UL << page_hinting_min_order;
		/* What comes a moment later queues a pass. */
		more = data_race(zone->hinting.turn);
		while (more && has_room(pending)) {
			spin_lock_irq(&zone->lock);
			more = look_at_some(zone, pending, &found);
			spin_unlock_irq(&zone->lock);
			cond_resched();
		}
		/* The same. */
		over &= !data_race(zone->hinting.turn);
	}
	/* On when the device has room again. */
	if (!over && !has_room(pending))
		WRITE_ONCE(pending->held_up, true);
	return over;
}
