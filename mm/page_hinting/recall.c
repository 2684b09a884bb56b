// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, recall: what is in flight, and who waits for it.
 *
 * Invariant 5 (no false OOM): whoever would fail, or kill, for want of memory in
 * flight waits until it is back. A batch not answered in PAGE_HINTING_LOST is lost:
 * nobody waits for it again, and it comes back when the device is reset.
 *
 * The lock makes sure that isolation and a recall don't miss one another: a batch
 * is begun under it before any block leaves, and not while memory is recalled.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/oom.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "internal.h"

/* After memory was recalled nothing leaves: long for a reclaim. */
#define RECALL_PAUSE	(1UL * HZ)

/* Pages that came back from the device, ever. */
atomic_long_t page_hinting_pages_returned;

static DEFINE_SPINLOCK(lock);			/* protects what follows */
static LIST_HEAD(idle);
static LIST_HEAD(begun);
static unsigned int nr_sent;			/* ranges that the device has */
static unsigned long recalled_until;		/* nothing leaves before; jiffies, or 0 */

static DECLARE_WAIT_QUEUE_HEAD(batch_back);

int page_hinting_batches_alloc(struct page_hinting_device *device)
{
	struct page_hinting_batch *batch;
	unsigned int i;

	for (i = 0; i < device->max_batches; i++) {
		batch = kzalloc(struct_size(batch, ranges, device->max_ranges),
				GFP_KERNEL);
		if (!batch)
			return -ENOMEM;
		list_add(&batch->list, &idle);
	}
	return 0;
}

void page_hinting_batches_free(void)
{
	struct page_hinting_batch *batch, *next;

	list_for_each_entry_safe(batch, next, &idle, list) {
		list_del(&batch->list);
		kfree(batch);
	}
}

/* How much the device can take, more or less. */
void page_hinting_room(struct page_hinting_device *device,
		       struct page_hinting_pending *pending)
{
	unsigned int nr;

	spin_lock_irq(&lock);
	nr = list_count_nodes(&idle);
	pending->room = nr * PAGE_HINTING_BATCH_PAGES;
	pending->ranges = min(nr * device->max_ranges,
			      device->max_descriptors - nr_sent);
	spin_unlock_irq(&lock);
}

/* NULL if the device can take no more, or memory was recalled a moment ago. */
struct page_hinting_batch *
page_hinting_batch_begin(struct page_hinting_device *device)
{
	struct page_hinting_batch *batch = NULL;

	spin_lock_irq(&lock);
	if (nr_sent < device->max_descriptors && !page_hinting_recalling())
		batch = list_first_entry_or_null(&idle, struct page_hinting_batch,
						 list);
	if (batch) {
		batch->since = jiffies;
		batch->max_ranges = min(device->max_ranges,
					device->max_descriptors - nr_sent);
		list_move(&batch->list, &begun);
	}
	spin_unlock_irq(&lock);
	return batch;
}

/* A batch is complete and goes to the device. */
void page_hinting_batch_sent(struct page_hinting_batch *batch)
{
	spin_lock_irq(&lock);
	batch->sent = true;
	nr_sent += batch->nr_ranges;
	spin_unlock_irq(&lock);
	/* Who waited for it may have no need to. */
	wake_up_all(&batch_back);
}

/* A batch's blocks are back in the buddy allocator; in any context. */
void page_hinting_batch_end(struct page_hinting_batch *batch)
{
	unsigned long flags;

	/* Pairs with the acquire in page_hinting_returned(). */
	atomic_long_add_return_release(batch->nr_pages,
				       &page_hinting_pages_returned);
	spin_lock_irqsave(&lock, flags);
	nr_sent -= batch->sent ? batch->nr_ranges : 0;
	batch->nr_ranges = 0;
	batch->nr_blocks = 0;
	batch->nr_pages = 0;
	batch->sent = false;
	list_move(&batch->list, &idle);
	spin_unlock_irqrestore(&lock, flags);
	wake_up_all(&batch_back);
}

/* Whether nothing may leave, because memory was recalled a moment ago. */
bool page_hinting_recalling(void)
{
	unsigned long until = READ_ONCE(recalled_until), now = jiffies;

	return until && until - now <= RECALL_PAUSE + 1;
}

/* Pages that the host has not answered for. */
unsigned long page_hinting_in_flight(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		/* A guess while it changes. */
		nr += data_race(zone->hinting.in_flight);
	}
	return nr;
}

/* How many batches are not back of those that were begun until then; jiffies. */
unsigned int page_hinting_unanswered(unsigned long until)
{
	struct page_hinting_batch *batch;
	unsigned int nr = 0;

	spin_lock_irq(&lock);
	list_for_each_entry(batch, &begun, list)
		nr += !time_after(batch->since, until);
	spin_unlock_irq(&lock);
	return nr;
}

static bool touches(struct page_hinting_batch *batch,
		    unsigned long start, unsigned long end)
{
	unsigned int i;

	for (i = 0; i < batch->nr_ranges; i++) {
		struct scatterlist *range = &batch->ranges[i];
		unsigned long pfn = page_to_pfn(sg_page(range));

		if (pfn < end && pfn + PFN_DOWN(range->length) > start)
			return true;
	}
	return false;
}

/* Whether a batch, lost or not, has memory of a range, or may have: it is filled. */
static bool has_any(unsigned long start, unsigned long end, bool lost)
{
	struct page_hinting_batch *batch;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry(batch, &begun, list)
		found |= (jiffies - batch->since >= PAGE_HINTING_LOST) == lost &&
			 (!batch->sent || touches(batch, start, end));
	spin_unlock_irqrestore(&lock, flags);
	return found;
}

/* Nothing leaves for so long, in jiffies, or longer if there is a pause already. */
static void pause(unsigned long delay)
{
	spin_lock_irq(&lock);
	if (!page_hinting_recalling() || time_before(recalled_until, jiffies + delay))
		WRITE_ONCE(recalled_until, (jiffies + delay) | 1);
	spin_unlock_irq(&lock);
}

/* Its callers wait no longer than until what is in flight is lost. */
static bool wait_a_moment(unsigned long start, unsigned long end)
{
	return wait_event_timeout(batch_back, !has_any(start, end, false),
				  RECALL_PAUSE / 10);
}

/**
 * __page_hinting_recall - get back what is in flight before failing
 * @returned: page_hinting_returned() before the caller last looked for memory
 *
 * When it is back nothing new leaves for RECALL_PAUSE; for a tenth of that if nothing
 * was in flight. What was in flight when hinting was switched off is waited for as well.
 *
 * Context: may sleep, for milliseconds while the host is well and for ten
 * seconds at the most; holds nothing that a device's interrupt could wait for.
 * Return: true if memory came back since, so that trying again makes sense.
 */
bool __page_hinting_recall(unsigned long returned)
{
	/* They may use the reserves, and are to be done soon. */
	if ((current->flags & PF_MEMALLOC) || tsk_is_oom_victim(current))
		return false;
	/* Before the look, or what is free at this moment could leave after it. */
	pause(RECALL_PAUSE / 10);
	if (page_hinting_returned() == returned && !has_any(0, ULONG_MAX, false))
		return false;

	/* Anew each time, lest the pause ends before. */
	do {
		pause(RECALL_PAUSE);
	} while (!wait_a_moment(0, ULONG_MAX) && !tsk_is_oom_victim(current));
	return page_hinting_returned() != returned;
}

/**
 * __page_hinting_recall_range - get back what is in flight of a range
 * @start: first page frame of the range, whose pageblocks are isolated, so that
 *	no more of it leaves
 * @end: the page frame behind it
 *
 * Context: as __page_hinting_recall().
 * Return: true if all of it is back; false if the host does not answer.
 */
bool __page_hinting_recall_range(unsigned long start, unsigned long end)
{
	while (!wait_a_moment(start, end))
		;
	return !has_any(start, end, true);
}
