// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, recall: what is in flight, and who waits for it.
 *
 * Invariant 5 (no false OOM): memory in flight is free memory that nobody can
 * have at the moment. Whoever would fail, or kill, for want of it waits until it
 * is back. Blocks come back by the device's interrupt, which waits for nothing.
 * A host that has not answered for a batch in LOST is taken to be dead as far as
 * this batch goes: nobody waits for it again, and it comes back when the device
 * is reset, if not before.
 *
 * The lock makes sure that isolation and a recall don't miss one another: a
 * batch is begun under it, before any block leaves, and not while memory is
 * recalled; a recall says so under it, and then looks at what has begun.
 */
#include <linux/jiffies.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "internal.h"

/*
 * After memory was recalled: leave the allocator alone for a while. Long for
 * a reclaim, short for the host.
 */
#define RECALL_PAUSE	(1UL * HZ)

/*
 * How long the host has for an answer. Far above what one needs that is merely
 * slow, far below the hung task detector's 120 s.
 */
#define LOST		(10UL * HZ)

/* Pages that came back from the device, ever. */
atomic_long_t page_hinting_pages_returned;

static DEFINE_SPINLOCK(lock);			/* protects what follows */
static void *batches;
static unsigned int nr_batches;
static size_t batch_size;
static unsigned long recalled_until;		/* nothing leaves before; jiffies, or 0 */

static DECLARE_WAIT_QUEUE_HEAD(batch_back);

static struct page_hinting_batch *nth_batch(unsigned int n)
{
	return batches + n * batch_size;
}

static void set_batches(void *new, unsigned int nr, size_t size)
{
	spin_lock_irq(&lock);
	swap(batches, new);
	nr_batches = nr;
	batch_size = size;
	spin_unlock_irq(&lock);
	kfree(new);
}

int page_hinting_batches_alloc(struct page_hinting_device *device)
{
	size_t size = struct_size_t(struct page_hinting_batch, ranges,
				    device->max_ranges);
	void *new = kcalloc(device->max_batches, size, GFP_KERNEL);

	if (!new)
		return -ENOMEM;
	set_batches(new, device->max_batches, size);
	return 0;
}

/* None of them is in flight. */
void page_hinting_batches_free(void)
{
	set_batches(NULL, 0, 0);
}

static struct page_hinting_batch *idle_batch(struct page_hinting_device *device,
					     unsigned int *max_ranges)
{
	struct page_hinting_batch *batch, *idle = NULL;
	unsigned int left = device->max_descriptors, i;

	lockdep_assert_held(&lock);

	for (i = 0; i < nr_batches; i++) {
		batch = nth_batch(i);
		if (batch->since)
			left -= batch->nr_ranges;
		else
			idle = batch;
	}
	*max_ranges = min(device->max_ranges, left);
	return *max_ranges ? idle : NULL;
}

/*
 * Gets an empty batch, and how many ranges it may have; NULL if the device has
 * as much in flight as it can take, or memory was recalled a moment ago.
 */
struct page_hinting_batch *
page_hinting_batch_begin(struct page_hinting_device *device,
			 unsigned int *max_ranges)
{
	struct page_hinting_batch *batch = NULL;

	spin_lock_irq(&lock);
	if (!page_hinting_recalling())
		batch = idle_batch(device, max_ranges);
	if (batch)
		batch->since = jiffies ?: -1UL;	/* 0 means idle */
	spin_unlock_irq(&lock);
	return batch;
}

/* A batch is complete and goes to the device. */
void page_hinting_batch_sent(struct page_hinting_batch *batch)
{
	spin_lock_irq(&lock);
	batch->sent = true;
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
	batch->nr_ranges = 0;
	batch->nr_blocks = 0;
	batch->nr_pages = 0;
	batch->sent = false;
	batch->since = 0;
	spin_unlock_irqrestore(&lock, flags);
	wake_up_all(&batch_back);
}

/* Whether another batch could be made. */
bool page_hinting_batch_idle(struct page_hinting_device *device)
{
	unsigned int max_ranges;
	bool idle;

	spin_lock_irq(&lock);
	idle = idle_batch(device, &max_ranges);
	spin_unlock_irq(&lock);
	return idle;
}

/* Whether nothing may leave, because memory was recalled a moment ago. */
bool page_hinting_recalling(void)
{
	unsigned long until = READ_ONCE(recalled_until), now = jiffies;

	/* Also when jiffies have gone round since. */
	return until && until - now <= RECALL_PAUSE + 1;
}

/* Pages that the host has not answered for; a guess while it changes. */
unsigned long page_hinting_in_flight(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		nr += READ_ONCE(zone->hinting.in_flight);
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

/*
 * Whether a batch has memory of a range, of those that are lost or of the others.
 * One that is being filled may have; it will be known in a moment.
 */
static bool has_any(unsigned long start, unsigned long end, bool lost)
{
	unsigned long flags;
	bool found = false;
	unsigned int i;

	spin_lock_irqsave(&lock, flags);
	for (i = 0; !found && i < nr_batches; i++) {
		struct page_hinting_batch *batch = nth_batch(i);

		found = batch->since && (jiffies - batch->since >= LOST) == lost &&
			(!batch->sent || touches(batch, start, end));
	}
	spin_unlock_irqrestore(&lock, flags);
	return found;
}

/* It takes no longer than until what is in flight is lost. */
static bool wait_a_moment(unsigned long start, unsigned long end)
{
	return wait_event_timeout(batch_back, !has_any(start, end, false),
				  RECALL_PAUSE / 10);
}

/* Nothing leaves for a while, but for batches that have begun. */
static void pause_for_recall(void)
{
	spin_lock_irq(&lock);
	WRITE_ONCE(recalled_until, (jiffies + RECALL_PAUSE) | 1);
	spin_unlock_irq(&lock);
}

/**
 * __page_hinting_recall - get back what is in flight before failing
 * @returned: page_hinting_returned() before the caller last looked for memory
 *
 * When it is back nothing new leaves for RECALL_PAUSE, so that trying again is
 * worth it; also for who comes when it is back already, but looked before it
 * was. What was in flight when hinting was switched off is waited for as well.
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
	if (page_hinting_returned() == returned && !has_any(0, ULONG_MAX, false))
		return false;

	/* Anew each time, lest the pause ends before. */
	do {
		pause_for_recall();
	} while (!wait_a_moment(0, ULONG_MAX) && !tsk_is_oom_victim(current));
	return page_hinting_returned() != returned;
}

bool __page_hinting_recall_range(unsigned long start, unsigned long end)
{
	while (!wait_a_moment(start, end))
		;
	return !has_any(start, end, true);
}

/* The device was reset, so that it can't take long. */
void page_hinting_wait_all_back(void)
{
	wait_event(batch_back, !page_hinting_in_flight());
}

/*
 * What the host has is neither free nor movable, so that offline_pages() would
 * go round and look for it again and again.
 */
static int going_offline(struct notifier_block *block, unsigned long action,
			 void *arg)
{
	struct memory_notify *range = arg;

	if (action == MEM_GOING_OFFLINE &&
	    !__page_hinting_recall_range(range->start_pfn,
					 range->start_pfn + range->nr_pages))
		return notifier_from_errno(-EBUSY);
	return NOTIFY_OK;
}

int __init page_hinting_recall_init(void)
{
	return hotplug_memory_notifier(going_offline, DEFAULT_CALLBACK_PRI);
}
