// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, report: isolated blocks go to the device in batches. The
 * pass does not wait for the host; while one batch is discarded, the next is
 * being made.
 */
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <trace/events/page_hinting.h>

#include "internal.h"

/* Blocks isolated under one hold of a zone's lock: some 10 microseconds. */
#define BLOCKS_PER_LOCK		32

/* Batches that came back from the device, ever. */
atomic_long_t page_hinting_answers;

/* Batches that are not in flight. The pass takes, whoever completes adds. */
static LLIST_HEAD(idle_batches);
static struct page_hinting_batch **batches;
static unsigned int nr_batches;

/**
 * page_hinting_batches_alloc - allocate what a device can have in flight
 * @device: the device
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int page_hinting_batches_alloc(struct page_hinting_device *device)
{
	batches = kcalloc(device->max_batches, sizeof(*batches), GFP_KERNEL);
	if (!batches)
		return -ENOMEM;

	init_llist_head(&idle_batches);
	for (; nr_batches < device->max_batches; nr_batches++) {
		struct page_hinting_batch *batch;

		batch = kzalloc(struct_size(batch, ranges, device->max_ranges),
				GFP_KERNEL);
		if (!batch) {
			page_hinting_batches_free();
			return -ENOMEM;
		}
		batches[nr_batches] = batch;
		llist_add(&batch->node, &idle_batches);
	}
	return 0;
}

/**
 * page_hinting_batches_free - free the batches, none of them in flight
 */
void page_hinting_batches_free(void)
{
	init_llist_head(&idle_batches);
	while (nr_batches)
		kfree(batches[--nr_batches]);
	kfree(batches);
	batches = NULL;
}

/**
 * page_hinting_batch_idle - whether another batch could be made
 *
 * Return: true if the device has fewer in flight than it can take.
 */
bool page_hinting_batch_idle(void)
{
	return !llist_empty(&idle_batches);
}

/*
 * What its zone can't spare now waits, at the front. But it must not take the
 * room of other zones' candidates: beyond half of it, it loses its mark, which
 * makes it missed, and a later sweep captures it again.
 */
static void keep(struct page_hinting_pending *pending,
		 struct page_hinting_candidate *candidate, unsigned int *kept)
{
	if (*kept < PAGE_HINTING_MAX_PENDING / 2) {
		pending->candidates[(*kept)++] = *candidate;
		return;
	}
	page_hinting_uncapture(candidate->zone,
			       pfn_to_page(candidate->entry.pfn));
	atomic_long_inc(&page_hinting_counters.stale);
}

/*
 * Fills a batch from @pending, from @next on. What its zone refuses is kept,
 * at the front, for the next pass. Returns the candidate to go on with.
 */
static unsigned int fill_batch(struct page_hinting_batch *batch,
			       unsigned int max_ranges,
			       struct page_hinting_pending *pending,
			       unsigned int next, unsigned int *kept)
{
	struct page_hinting_candidate *candidates = pending->candidates;
	enum page_hinting_verdict verdict = PAGE_HINTING_STALE;

	while (next < pending->nr && verdict != PAGE_HINTING_FULL) {
		struct zone *zone = candidates[next].zone;
		unsigned int last = min(next + BLOCKS_PER_LOCK, pending->nr);

		spin_lock_irq(&zone->lock);
		for (; next < last && candidates[next].zone == zone; next++) {
			verdict = page_hinting_isolate(&candidates[next], batch,
						       max_ranges);
			if (verdict == PAGE_HINTING_FULL)
				break;
			if (verdict == PAGE_HINTING_REFUSED)
				keep(pending, &candidates[next], kept);
			else if (verdict == PAGE_HINTING_STALE)
				atomic_long_inc(&page_hinting_counters.stale);
		}
		spin_unlock_irq(&zone->lock);
		cond_resched();
	}
	return next;
}

static void put_back(struct page_hinting_batch *batch, bool hinted)
{
	page_hinting_return(batch, hinted);
	llist_add(&batch->node, &idle_batches);
}

/**
 * page_hinting_report - isolate the candidates and hand them to the device
 * @device: the device
 * @pending: the candidates, sorted; keeps those that have to wait: for a
 *	batch, or for their zone to have memory to spare
 *
 * Context: the pass.
 * Return: how many batches the device took, or -EIO if it failed to take one.
 */
int page_hinting_report(struct page_hinting_device *device,
			struct page_hinting_pending *pending)
{
	struct page_hinting_candidate *candidates = pending->candidates;
	unsigned int next = 0, kept = 0;
	int taken = 0;

	while (next < pending->nr && taken >= 0) {
		struct page_hinting_batch *batch;
		struct llist_node *node;

		/* Somebody was short of memory: see page_hinting_recall(). */
		if (page_hinting_recalling())
			break;

		node = llist_del_first(&idle_batches);
		if (!node)
			break;
		batch = llist_entry(node, struct page_hinting_batch, node);

		next = fill_batch(batch, device->max_ranges, pending, next,
				  &kept);
		if (!batch->nr_ranges) {
			llist_add(&batch->node, &idle_batches);
			continue;
		}

		atomic_long_inc(&page_hinting_counters.batches);
		atomic_long_add(batch->nr_ranges, &page_hinting_counters.ranges);
		trace_page_hinting_report(batch->nr_ranges, batch->nr_blocks,
					  batch->nr_pages);
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
	atomic_long_inc(&page_hinting_answers);
	put_back(batch, !error);
	page_hinting_completed(error);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(page_hinting_complete);
