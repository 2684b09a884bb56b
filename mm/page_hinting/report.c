// SPDX-License-Identifier: GPL-2.0
/* Free page hinting, report: isolated blocks go to the device in batches. */
#include <linux/sched.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/*
 * A candidate that can't leave now loses its mark, which makes it missed, and the
 * clock hand finds it when more can leave. Its zone's lock is held.
 */
static void let_go(const struct page_hinting_entry *candidate)
{
	struct page_hinting_ledger *ledger = &candidate->zone->hinting;
	struct page *page = pfn_to_page(candidate->pfn);
	unsigned int order;

	page_hinting_count_add(HINT_STALE, 1);
	if (!page_hinting_captured(candidate))
		return;
	order = buddy_order(page);
	/* A piece keeps its mark and its age, and the slow hand finds it again. */
	if (order < page_hinting_min_order) {
		if (page_hinting_flushing())
			ledger->turn = candidate->zone->spanned_pages;
		return;
	}
	page_hinting_set_state(candidate->zone, page, order, PAGE_HINTING_UNKNOWN);
	ledger->left += 1UL << order;
	ledger->hand.passed = 0;
}

/*
 * Fills a batch from @pending, from @next on, or lets the candidates go if there is
 * none. Returns the candidate to go on with.
 */
static unsigned int fill_batch(struct page_hinting_batch *batch,
			       struct page_hinting_pending *pending,
			       unsigned int next)
{
	struct page_hinting_entry *candidates = pending->candidates;
	int error = 0;

	while (next < pending->nr && error != -ENOSPC) {
		struct zone *zone = candidates[next].zone;
		unsigned int last = min(next + PAGE_HINTING_PER_LOCK, pending->nr);
		bool sends = batch && !page_hinting_recalling();
		unsigned long usable;

		spin_lock_irq(&zone->lock);
		usable = page_hinting_usable(zone);
		for (; next < last && candidates[next].zone == zone; next++) {
			error = !sends ? -EAGAIN :
				page_hinting_isolate(&candidates[next], &usable,
						     batch);
			if (error == -ENOSPC)
				break;
			if (error)
				let_go(&candidates[next]);
			if (error == -EAGAIN && (!sends || zone->hinting.in_flight))
				WRITE_ONCE(pending->held_up, true);
		}
		spin_unlock_irq(&zone->lock);
		cond_resched();
	}
	return next;
}

static void put_back(struct page_hinting_batch *batch, bool hinted)
{
	page_hinting_return(batch, hinted);
	page_hinting_batch_end(batch);
}

/*
 * Isolates the candidates and hands them to the device. Returns how many batches
 * it took, or -EIO if it failed to take one.
 */
int page_hinting_report(struct page_hinting_device *device,
			struct page_hinting_pending *pending)
{
	struct page_hinting_batch *batch;
	unsigned int next = 0;
	int taken = 0, error = 0;

	while (next < pending->nr) {
		/* None is to be had while somebody is short of memory, either. */
		batch = error ? NULL : page_hinting_batch_begin(device);
		next = fill_batch(batch, pending, next);
		if (!batch)
			break;
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
		error = device->report(device, batch);
		if (!error) {
			taken++;
			continue;
		}
		put_back(batch, false);
		/* That is for want of our own memory, see virtio_page_hinting.c. */
		if (error == -ENOSPC) {
			WRITE_ONCE(pending->held_up, true);
			continue;
		}
		page_hinting_count_add(HINT_FAILED, 1);
		taken = -EIO;
	}
	return taken;
}

/**
 * page_hinting_complete - the device is through with a batch
 * @batch: the batch that &page_hinting_device.report was given
 * @error: 0 if the host has answered for all of it, else a negative errno:
 *	its blocks will be hinted again
 *
 * Context: any, also the virtqueue's callback with interrupts off; takes the
 * locks of the zones. Not after page_hinting_unregister() was called.
 */
void page_hinting_complete(struct page_hinting_batch *batch, int error)
{
	if (error)
		page_hinting_count_add(HINT_FAILED, 1);
	put_back(batch, !error);
	page_hinting_completed(error);
}
EXPORT_SYMBOL_GPL(page_hinting_complete);
