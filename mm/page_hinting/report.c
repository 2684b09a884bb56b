// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, report: isolated blocks go to the device in batches. The
 * pass does not wait for the host; while one batch is discarded, the next is
 * being made.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include <trace/events/page_hinting.h>

#include "../internal.h"
#include "internal.h"

/*
 * What its zone can't spare now waits, at the front, for what is in flight to come
 * back. If that is nothing, or if what waits would take the room of other zones'
 * candidates, it loses its mark, which makes it missed; the clock hand leaves it
 * until something is back, or for a later try.
 */
static void keep(struct page_hinting_pending *pending,
		 const struct page_hinting_entry *candidate, unsigned int *kept)
{
	struct page_hinting_ledger *ledger = &candidate->zone->hinting;
	struct page *page = pfn_to_page(candidate->pfn);
	unsigned int order = buddy_order(page);

	if (ledger->in_flight && *kept < PAGE_HINTING_MAX_PENDING / 2) {
		pending->candidates[(*kept)++] = *candidate;
		return;
	}
	page_hinting_set_state(candidate->zone, page, order, PAGE_HINTING_UNKNOWN);
	ledger->left += 1UL << order;
	ledger->held_up = ledger->held_up || ledger->in_flight;
	/* It need not wait for another age. */
	if (!ledger->missed_since)
		ledger->missed_since = candidate->time | 1;
	page_hinting_count_add(HINT_STALE, 1);
}

/*
 * Fills a batch from @pending, from @next on. Returns the candidate to go on with.
 */
static unsigned int fill_batch(struct page_hinting_batch *batch,
			       unsigned int max_ranges,
			       struct page_hinting_pending *pending,
			       unsigned int next, unsigned int *kept)
{
	struct page_hinting_entry *candidates = pending->candidates;
	enum page_hinting_verdict verdict = PAGE_HINTING_STALE;

	while (next < pending->nr && verdict != PAGE_HINTING_FULL &&
	       !page_hinting_recalling()) {
		struct zone *zone = candidates[next].zone;
		unsigned int last = min(next + PAGE_HINTING_PER_LOCK, pending->nr);
		struct page_hinting_usable usable;

		spin_lock_irq(&zone->lock);
		page_hinting_usable(zone, &usable);
		for (; next < last && candidates[next].zone == zone; next++) {
			verdict = page_hinting_isolate(&candidates[next], &usable,
						       batch, max_ranges);
			if (verdict == PAGE_HINTING_FULL)
				break;
			if (verdict == PAGE_HINTING_REFUSED)
				keep(pending, &candidates[next], kept);
			else if (verdict == PAGE_HINTING_STALE)
				page_hinting_count_add(HINT_STALE, 1);
		}
		spin_unlock_irq(&zone->lock);
		cond_resched();
	}
	return next;
}

static bool put_back(struct page_hinting_batch *batch, bool hinted)
{
	bool held_up = page_hinting_return(batch, hinted);

	page_hinting_batch_end(batch);
	return held_up;
}

/*
 * Isolates the candidates and hands them to the device. @pending keeps those
 * that have to wait for something to come back.
 * Returns how many batches the device took, or -EIO if it failed to take one.
 */
int page_hinting_report(struct page_hinting_device *device,
			struct page_hinting_pending *pending)
{
	struct page_hinting_entry *candidates = pending->candidates;
	unsigned int next = 0, kept = 0, max_ranges;
	int taken = 0;

	while (next < pending->nr && taken >= 0) {
		struct page_hinting_batch *batch;

		/* None is to be had while somebody is short of memory, either. */
		batch = page_hinting_batch_begin(device, &max_ranges);
		if (!batch)
			break;

		next = fill_batch(batch, max_ranges, pending, next, &kept);
		if (!batch->nr_ranges) {
			page_hinting_batch_end(batch);
			continue;
		}

		page_hinting_count_add(HINT_BATCHES, 1);
		page_hinting_count_add(HINT_RANGES, batch->nr_ranges);
		trace_page_hinting_report(batch->nr_ranges, batch->nr_blocks,
					  batch->nr_pages);
		/* Before, for it may be answered before report() is over. */
		page_hinting_batch_sent(batch);
		if (device->report(device, batch)) {
			/* The pass goes on when it sees fit, not at once. */
			put_back(batch, false);
			taken = -EIO;
		} else {
			taken++;
		}
	}

	memmove(&candidates[kept], &candidates[next],
		(pending->nr - next) * sizeof(*candidates));
	WRITE_ONCE(pending->nr, kept + pending->nr - next);
	return taken;
}

/**
 * page_hinting_complete - the device is through with a batch
 * @batch: the batch that &page_hinting_device.report was given
 * @error: 0 if the host has answered for all of it, else a negative errno:
 *	its blocks will be hinted again
 *
 * After this call the batch is not the device's any more.
 *
 * Context: any, also the virtqueue's callback with interrupts off; takes the
 * locks of the zones.
 */
void page_hinting_complete(struct page_hinting_batch *batch, int error)
{
	/* page_hinting_unregister() frees nothing before we are out of here. */
	rcu_read_lock();
	page_hinting_completed(error, put_back(batch, !error));
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(page_hinting_complete);
