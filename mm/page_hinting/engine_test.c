// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting: the engine, with the running kernel's free
 * memory to hint, and a host that the test plays. Those that are named for an
 * invariant fail when it is broken.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"
#include "page_hinting_test.h"

#define HOST_BATCHES	4
#define HOST_RANGES	8

struct host {
	struct page_hinting_device device;
	spinlock_t lock;		/* protects what follows */
	struct page_hinting_batch *held[HOST_BATCHES];
	unsigned int nr_held;
	unsigned int nr_reports;
	bool holds;			/* answers when the test says so */
	int error;			/* answers with this */
	int report_error;		/* takes no batch */
	unsigned int age_ms;
	unsigned int age_max_ms;
	unsigned int min_order, cold_order, compacts;
	struct delayed_work late;
};

static int host_report(struct page_hinting_device *device,
		       struct page_hinting_batch *batch)
{
	struct host *host = container_of(device, struct host, device);
	bool holds;
	int error;

	spin_lock_irq(&host->lock);
	holds = host->holds;
	error = host->report_error;
	host->nr_reports++;
	if (!error && holds)
		host->held[host->nr_held++] = batch;
	spin_unlock_irq(&host->lock);

	if (!error && !holds)
		page_hinting_complete(batch, host->error);
	return error;
}

static unsigned int host_nr_held(struct host *host)
{
	unsigned int nr;

	spin_lock_irq(&host->lock);
	nr = host->nr_held;
	spin_unlock_irq(&host->lock);
	return nr;
}

/* Answers the newest batch, so that the order is not the order of asking. */
static bool host_answer(struct host *host, int error)
{
	struct page_hinting_batch *batch = NULL;

	spin_lock_irq(&host->lock);
	if (host->nr_held)
		batch = host->held[--host->nr_held];
	spin_unlock_irq(&host->lock);

	if (batch)
		page_hinting_complete(batch, error);
	return batch;
}

static void host_answer_all(struct host *host, int error)
{
	spin_lock_irq(&host->lock);
	host->holds = false;
	spin_unlock_irq(&host->lock);
	while (host_answer(host, error))
		;
}

static void host_answer_late(struct work_struct *work)
{
	host_answer_all(container_of(to_delayed_work(work), struct host, late),
			0);
}

static int host_init(struct kunit *test)
{
	struct host *host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);
	int error;

	KUNIT_ASSERT_NOT_NULL(test, host);
	spin_lock_init(&host->lock);
	INIT_DELAYED_WORK(&host->late, host_answer_late);
	host->device.report = host_report;
	host->device.max_batches = HOST_BATCHES;
	host->device.max_ranges = HOST_RANGES;
	host->device.max_descriptors = HOST_BATCHES * HOST_RANGES;
	host->age_ms = page_hinting_age_ms;
	host->min_order = page_hinting_min_order;
	host->age_max_ms = page_hinting_age_max_ms;
	/* Not here: idle_test.c. */
	host->cold_order = page_hinting_cold_order;
	host->compacts = page_hinting_compacts;
	page_hinting_set_cold_order(MAX_PAGE_ORDER);
	page_hinting_compacts = 0;

	error = page_hinting_register(&host->device);
	if (error == -EBUSY) {
		page_hinting_set_cold_order(host->cold_order);
		page_hinting_compacts = host->compacts;
		kunit_skip(test, "a device has the engine");
	}
	KUNIT_ASSERT_EQ(test, error, 0);
	test->priv = host;

	/* Whatever is used again, so that it is the same at any speed. */
	WRITE_ONCE(page_hinting_age_ms, 20);
	WRITE_ONCE(page_hinting_age_max_ms, 20);
	return 0;
}

static void host_exit(struct kunit *test)
{
	struct host *host = test->priv;

	if (!host)
		return;
	WRITE_ONCE(page_hinting_age_ms, host->age_ms);
	WRITE_ONCE(page_hinting_age_max_ms, host->age_max_ms);
	page_hinting_pause(&host->device);
	cancel_delayed_work_sync(&host->late);
	host_answer_all(host, -EIO);
	page_hinting_unregister(&host->device);
	page_hinting_set_min_order(host->min_order);
	page_hinting_set_cold_order(host->cold_order);
	page_hinting_compacts = host->compacts;
}

static void set_holds(struct host *host, bool holds)
{
	spin_lock_irq(&host->lock);
	host->holds = holds;
	spin_unlock_irq(&host->lock);
}

static struct page *take_a_block(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

static struct page *free_a_block(struct kunit *test)
{
	struct page *page = take_a_block(test);

	__free_pages(page, MAX_PAGE_ORDER);
	return page;
}

/* Returns what it was. A zone at it gives nothing away. */
static unsigned long set_high_watermark(struct zone *zone, unsigned long pages)
{
	unsigned long flags, was;

	spin_lock_irqsave(&zone->lock, flags);
	was = zone->_watermark[WMARK_HIGH];
	zone->_watermark[WMARK_HIGH] = pages;
	spin_unlock_irqrestore(&zone->lock, flags);
	return was;
}

/* Makes the host hold a batch, of memory that is freed for it. */
static void hold_a_batch(struct kunit *test)
{
	struct host *host = test->priv;

	EVENTUALLY(test, all_is_known());
	set_holds(host, true);
	free_a_block(test);
	EVENTUALLY(test, host_nr_held(host));
}

static unsigned long pages_in_ledgers(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		nr += zone->hinting.in_flight;
	return nr;
}

/* Neither in use nor in a free block: a page that was lost. */
static bool is_lost(unsigned long pfn)
{
	struct zone *zone = page_zone(pfn_to_page(pfn));
	bool found = page_count(pfn_to_page(pfn));
	unsigned int order;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (order = 0; !found && order <= MAX_PAGE_ORDER; order++) {
		struct page *head = pfn_to_page(pfn & ~(BIT(order) - 1));

		found = PageBuddy(head) && buddy_order(head) == order;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return !found;
}

static unsigned long nr_lost(struct scatterlist *ranges, unsigned int nr_ranges)
{
	unsigned long lost = 0, pfn;
	unsigned int i;

	/* What waits in a per-CPU page list looks lost, too. */
	drain_all_pages(NULL);
	for (i = 0; i < nr_ranges; i++) {
		unsigned long begin = page_to_pfn(sg_page(&ranges[i]));

		for (pfn = begin; pfn < begin + PFN_DOWN(ranges[i].length); pfn++)
			lost += is_lost(pfn);
	}
	return lost;
}

static void invariant_1_conservation(struct kunit *test)
{
	struct host *host = test->priv;
	static const int errors[] = { 0, -EIO, 0 };
	struct scatterlist ranges[HOST_RANGES];
	unsigned int i, nr_ranges, reports;
	unsigned long isolated;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		hold_a_batch(test);
		KUNIT_EXPECT_GT(test, page_hinting_in_flight(), 0);
		KUNIT_EXPECT_EQ(test, pages_in_ledgers(),
				page_hinting_in_flight());
		nr_ranges = host->held[0]->nr_ranges;
		memcpy(ranges, host->held[0]->ranges, nr_ranges * sizeof(*ranges));
		KUNIT_EXPECT_GT(test, nr_lost(ranges, nr_ranges), 0);

		host_answer_all(host, errors[i]);
		EVENTUALLY(test, all_is_known());
		KUNIT_EXPECT_EQ(test, pages_in_ledgers(), 0);
		EVENTUALLY(test, !nr_lost(ranges, nr_ranges));
	}

	/* The device fails, and is paused with batches in flight. */
	hold_a_batch(test);
	reports = host->nr_reports;
	host->report_error = -ENOSPC;
	page_hinting_set_enabled(false);
	page_hinting_set_enabled(true);
	EVENTUALLY(test, host->nr_reports > reports);
	page_hinting_pause(&host->device);
	host_answer_all(host, -EIO);
	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	KUNIT_EXPECT_EQ(test, pages_in_ledgers(), 0);
	isolated = page_hinting_count(HINT_ISOLATED);
	KUNIT_EXPECT_EQ(test, isolated,
			page_hinting_count(HINT_RETURNED));
}

static void invariant_2_exclusion(struct kunit *test)
{
	struct host *host = test->priv;
	struct page *page, *next;
	unsigned int i, r;
	LIST_HEAD(taken);

	hold_a_batch(test);

	/* Take all blocks that there are; none of them is the host's. */
	while ((page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN |
				   __GFP_NOMEMALLOC, MAX_PAGE_ORDER)))
		list_add(&page->lru, &taken);
	KUNIT_EXPECT_FALSE(test, list_empty(&taken));

	for (i = 0; i < host->nr_held; i++) {
		for (r = 0; r < host->held[i]->nr_ranges; r++) {
			struct scatterlist *range = &host->held[i]->ranges[r];
			unsigned long begin = page_to_pfn(sg_page(range));
			unsigned long end = begin + PFN_DOWN(range->length);

			KUNIT_EXPECT_FALSE(test, PageBuddy(sg_page(range)));
			KUNIT_EXPECT_EQ(test, page_count(sg_page(range)), 0);
			list_for_each_entry(page, &taken, lru) {
				unsigned long pfn = page_to_pfn(page);

				KUNIT_EXPECT_TRUE(test, pfn >= end ||
						  pfn + MAX_ORDER_NR_PAGES <= begin);
			}
		}
	}
	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		__free_pages(page, MAX_PAGE_ORDER);
	}
}

/* Free pages of a zone from an order on, by the state of their blocks. */
static void count_marked(struct zone *zone, unsigned int order,
			 unsigned long nr_pages[PAGE_HINTING_STATES])
{
	for (; order < NR_PAGE_ORDERS; order++) {
		struct list_head *list = zone->free_area[order].free_list;
		struct page *page;

		for (; list < zone->free_area[order].free_list + MIGRATE_TYPES; list++)
			list_for_each_entry(page, list, buddy_list)
				nr_pages[__page_hinting_state(page)] +=
					1UL << order;
	}
}

static void expect_even_ledgers(struct kunit *test)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long counted[PAGE_HINTING_STATES] = {}, flags;
		unsigned long missed, captured, hinted;

		spin_lock_irqsave(&zone->lock, flags);
		count_marked(zone, page_hinting_min_order, counted);
		missed = page_hinting_missed(zone);
		captured = zone->hinting.pages[PAGE_HINTING_CAPTURED];
		hinted = zone->hinting.pages[PAGE_HINTING_HINTED];
		spin_unlock_irqrestore(&zone->lock, flags);

		KUNIT_EXPECT_EQ(test, counted[PAGE_HINTING_UNKNOWN], missed);
		KUNIT_EXPECT_EQ(test, counted[PAGE_HINTING_CAPTURED], captured);
		KUNIT_EXPECT_EQ(test, counted[PAGE_HINTING_HINTED], hinted);
	}
}

static void invariant_3_free_before(struct kunit *test)
{
	struct zone *zone;
	unsigned long hinted = 0;

	/* All that was free when the device came. */
	EVENTUALLY(test, all_is_known());
	for_each_populated_zone(zone)
		hinted += zone->hinting.pages[PAGE_HINTING_HINTED];
	KUNIT_EXPECT_GT(test, hinted, 0);
	expect_even_ledgers(test);
}

/* A block that was freed, and that the host has had since then. */
static struct page *freed_and_hinted(struct kunit *test)
{
	struct page *page = free_a_block(test);

	EVENTUALLY(test, all_is_known());
	return page;
}

/*
 * It reaches its free list anew by a way that does not notify, the zone's lock
 * held. Returns false if it is not free any more.
 */
static bool move_unnoticed(struct page *page)
{
	if (!PageBuddy(page) || !__isolate_free_page(page, MAX_PAGE_ORDER))
		return false;
	__putback_isolated_page(page, MAX_PAGE_ORDER,
				get_pageblock_migratetype(page));
	return true;
}

static void invariant_3_moved(struct kunit *test)
{
	struct page *page = freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, missed;
	bool moved;

	spin_lock_irqsave(&zone->lock, flags);
	moved = move_unnoticed(page);
	missed = page_hinting_missed(zone);
	page_hinting_moved(zone);
	spin_unlock_irqrestore(&zone->lock, flags);

	KUNIT_ASSERT_TRUE(test, moved);
	KUNIT_EXPECT_EQ(test, missed, MAX_ORDER_NR_PAGES);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_TRUE(test, PageReported(page));
}

/* A zone at its watermark gives nothing away: the hand has no business there. */
static void hand_finds_what_can_be_spared(struct kunit *test)
{
	struct page *page = freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, high, looked;
	bool moved;

	high = set_high_watermark(zone, zone_managed_pages(zone));
	spin_lock_irqsave(&zone->lock, flags);
	moved = move_unnoticed(page);
	page_hinting_kick();
	spin_unlock_irqrestore(&zone->lock, flags);
	looked = page_hinting_count(HINT_LOOKED);
	msleep(300);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_LOOKED) - looked, 1);
	KUNIT_EXPECT_GT(test, page_hinting_missed(zone), 0);

	/* It tries again by itself, after a second or a few. */
	set_high_watermark(zone, high);
	KUNIT_ASSERT_TRUE(test, moved);
	EVENTUALLY(test, all_is_known());
}

static void invariant_3_isolated(struct kunit *test)
{
	struct page *page = free_a_block(test);
	unsigned long pfn = page_to_pfn(page), flags, marks;
	struct zone *zone = page_zone(page);

	/* Captured, and then its pageblocks are isolated: it has to wait. */
	KUNIT_ASSERT_EQ(test, 0,
			start_isolate_page_range(pfn, pfn + MAX_ORDER_NR_PAGES,
						 MIGRATE_MOVABLE, 0, GFP_KERNEL));
	page_hinting_kick();
	EVENTUALLY(test, !page_hinting_waiting() && !page_hinting_in_flight());
	KUNIT_EXPECT_TRUE(test, PageBuddy(page));
	KUNIT_EXPECT_EQ(test, __page_hinting_state(page), PAGE_HINTING_UNKNOWN);
	KUNIT_EXPECT_GE(test, page_hinting_missed(zone), MAX_ORDER_NR_PAGES);
	expect_even_ledgers(test);

	/* As memory that comes on line is freed: it gets no mark. */
	spin_lock_irqsave(&zone->lock, flags);
	page_hinting_taken(zone, page, buddy_order(page));
	__page_hinting_free(zone, page, buddy_order(page),
			    get_pageblock_migratetype(page));
	marks = page->flags & PAGE_HINTING_MARKS;
	spin_unlock_irqrestore(&zone->lock, flags);
	KUNIT_EXPECT_EQ(test, marks, 0);

	undo_isolate_page_range(pfn, pfn + MAX_ORDER_NR_PAGES, MIGRATE_MOVABLE);
	EVENTUALLY(test, all_is_known() && PageBuddy(page) &&
		   __page_hinting_state(page) == PAGE_HINTING_HINTED);
	expect_even_ledgers(test);
}

/* Free blocks, or places for one, of all zones. */
static unsigned long nr_places(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		nr += (zone->spanned_pages >> page_hinting_min_order) + 1;
	return nr;
}

/* Once for the device, and once for each order; and there may be a retry. */
static void hand_looks_at_each_place_once(struct kunit *test)
{
	unsigned long looked = page_hinting_count(HINT_LOOKED);
	unsigned int order;

	EVENTUALLY(test, all_is_known());
	for (order = PAGE_HINTING_ORDER_MIN; order <= MAX_PAGE_ORDER; order++) {
		KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(order));
		looked = page_hinting_count(HINT_LOOKED);
		EVENTUALLY(test, all_is_known());
		KUNIT_EXPECT_LE(test, page_hinting_count(HINT_LOOKED) - looked,
				2 * nr_places());
	}
}

/* Held up by what is in flight, it goes on by the answer, not by a later try. */
static void hand_goes_on_with_each_answer(struct kunit *test)
{
	unsigned int rounds, slow = 0;
	struct host *host = test->priv;

	EVENTUALLY(test, all_is_known());
	page_hinting_set_enabled(false);
	set_holds(host, true);
	page_hinting_set_enabled(true);
	for (rounds = 0; rounds < 30 && !all_is_known(); rounds++) {
		unsigned long begin = jiffies;

		EVENTUALLY(test, host_nr_held(host) || all_is_known());
		slow += jiffies - begin >= HZ * 9 / 10;
		/* Passes that do not try again come in between. */
		page_hinting_kick();
		msleep(100);
		while (host_answer(host, 0))
			;
	}
	KUNIT_EXPECT_GE(test, rounds, 10);
	KUNIT_EXPECT_LE(test, slow, rounds / 4);
	host_answer_all(host, 0);
	EVENTUALLY(test, all_is_known());
}

#define NR_FREED	5000
#define FREED_ORDER	4

static void invariant_3_overflow(struct kunit *test)
{
	unsigned long before = page_hinting_count(HINT_OVERFLOWED), looked;
	struct page **pages;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(FREED_ORDER));
	EVENTUALLY(test, all_is_known());

	/* Nothing gets old while more is freed than an array holds. */
	WRITE_ONCE(page_hinting_age_ms, 60000);
	pages = kunit_kcalloc(test, 2 * NR_FREED, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (i = 0; i < 2 * NR_FREED; i++)
		pages[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, FREED_ORDER);
	for (i = 0; i < 2 * NR_FREED; i += 2)
		if (pages[i])
			__free_pages(pages[i], FREED_ORDER);
	KUNIT_EXPECT_GT(test, page_hinting_count(HINT_OVERFLOWED), before);
	expect_even_ledgers(test);

	WRITE_ONCE(page_hinting_age_ms, 20);
	/*
	 * The pass that was put off for a minute comes with a restart. More is to
	 * be found than fits a pass: the hand goes on where it stopped.
	 */
	page_hinting_set_enabled(false);
	looked = page_hinting_count(HINT_LOOKED);
	page_hinting_set_enabled(true);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_LOOKED) - looked,
			2 * nr_places());
	expect_even_ledgers(test);

	for (i = 1; i < 2 * NR_FREED; i += 2)
		if (pages[i])
			__free_pages(pages[i], FREED_ORDER);
	EVENTUALLY(test, all_is_known());
	expect_even_ledgers(test);
}

static bool is_quiet(void)
{
	unsigned long passes = page_hinting_count(HINT_PASSES);

	msleep(1000);
	return passes == page_hinting_count(HINT_PASSES);
}

/*
 * What comes back when no pass is queued, and merges with free memory that was
 * too small to be captured: the whole is hinted, too.
 */
static void invariant_3_returned_late(struct kunit *test)
{
	unsigned int half = MAX_ORDER_NR_PAGES / 2, i;
	struct host *host = test->priv;
	struct page *page;

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(MAX_PAGE_ORDER - 1));
	EVENTUALLY(test, all_is_known());
	page = take_a_block(test);
	split_page(page, MAX_PAGE_ORDER);

	set_holds(host, true);
	for (i = 0; i < half; i++)
		__free_page(page + i);
	drain_all_pages(NULL);
	EVENTUALLY(test, host_nr_held(host));
	set_holds(host, false);

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(MAX_PAGE_ORDER));
	for (i = half; i < 2 * half; i++)
		__free_page(page + i);
	drain_all_pages(NULL);
	EVENTUALLY(test, is_quiet());
	host_answer_all(host, 0);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_TRUE(test, PageReported(page));
	expect_even_ledgers(test);
}

/*
 * A captured block that its zone can't spare: with nothing in flight that could
 * come back it waits nowhere, takes nobody's place, and no pass runs for it.
 */
static void invariant_3_refused(struct kunit *test)
{
	struct page *page = take_a_block(test);
	struct zone *zone = page_zone(page);
	unsigned long high, passes;

	EVENTUALLY(test, all_is_known());
	high = set_high_watermark(zone, zone_managed_pages(zone));

	__free_pages(page, MAX_PAGE_ORDER);
	EVENTUALLY(test, !page_hinting_waiting());
	passes = page_hinting_count(HINT_PASSES);
	msleep(900);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_PASSES) - passes, 5);
	KUNIT_EXPECT_EQ(test, zone->hinting.pages[PAGE_HINTING_CAPTURED], 0);
	KUNIT_EXPECT_GE(test, page_hinting_missed(zone), MAX_ORDER_NR_PAGES);

	set_high_watermark(zone, high);
	EVENTUALLY(test, all_is_known());
	expect_even_ledgers(test);
}

static void invariant_5_recall(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long returned;

	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));

	hold_a_batch(test);
	returned = page_hinting_returned();
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, __page_hinting_recall(returned));
	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	KUNIT_EXPECT_TRUE(test, page_hinting_recalling());
	/* Another that looked before it came back; one that looked since. */
	KUNIT_EXPECT_TRUE(test, __page_hinting_recall(returned));
	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));
	/* And then it goes on. */
	EVENTUALLY(test, !page_hinting_recalling());
	hold_a_batch(test);
}

/* Nobody waits again for what the host does not answer, whatever else it does. */
static void invariant_5_lost_batch(struct kunit *test)
{
	struct host *host = test->priv;
	struct page_hinting_batch *lost;
	unsigned long begin = jiffies, returned;

	hold_a_batch(test);
	spin_lock_irq(&host->lock);
	lost = host->held[--host->nr_held];
	host->holds = false;
	spin_unlock_irq(&host->lock);

	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_LE(test, jiffies - begin, 20 * HZ);
	EVENTUALLY(test, !page_hinting_recalling());

	/* All others are answered, and waited for: but not that one. */
	free_a_block(test);
	msleep(200);
	begin = jiffies;
	__page_hinting_recall(page_hinting_returned());
	KUNIT_EXPECT_LT(test, jiffies - begin, HZ);
	EVENTUALLY(test, !page_hinting_recalling());
	set_holds(host, true);
	free_a_block(test);
	EVENTUALLY(test, host_nr_held(host));
	returned = page_hinting_returned();
	schedule_delayed_work(&host->late, HZ / 5);
	begin = jiffies;
	KUNIT_EXPECT_TRUE(test, __page_hinting_recall(returned));
	KUNIT_EXPECT_LT(test, jiffies - begin, HZ);

	page_hinting_complete(lost, 0);
	EVENTUALLY(test, all_is_known());
}

/* Who asks for a range waits for what touches it, and for nothing else. */
static void invariant_5_range(struct kunit *test)
{
	unsigned long begin = jiffies, pfn, pages;
	struct host *host = test->priv;
	struct scatterlist *range;

	hold_a_batch(test);
	range = &host->held[0]->ranges[0];
	pfn = page_to_pfn(sg_page(range));
	pages = PFN_DOWN(range->length);

	KUNIT_EXPECT_TRUE(test, page_hinting_recall_range(pfn + pages,
							  pfn + pages + 1));
	KUNIT_EXPECT_TRUE(test, page_hinting_recall_range(pfn - 1, pfn));
	KUNIT_EXPECT_LT(test, jiffies - begin, 5 * HZ);
	KUNIT_EXPECT_FALSE(test, page_hinting_recalling());

	/* A dead host: refused in bounded time, and then at once. */
	KUNIT_EXPECT_FALSE(test, page_hinting_recall_range(pfn + pages - 1,
							   pfn + 2 * pages));
	KUNIT_EXPECT_LT(test, jiffies - begin, 20 * HZ);
	begin = jiffies;
	KUNIT_EXPECT_FALSE(test, page_hinting_recall_range(pfn, pfn + 1));
	KUNIT_EXPECT_LT(test, jiffies - begin, HZ);

	host_answer_all(host, 0);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall_range(pfn, pfn + pages));

	/* One that answers late. */
	hold_a_batch(test);
	range = &host->held[0]->ranges[0];
	pfn = page_to_pfn(sg_page(range));
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall_range(pfn, pfn + 1));
}

/* Switching hinting off does not bring back what is in flight. */
static void invariant_5_recall_while_off(struct kunit *test)
{
	struct host *host = test->priv;

	hold_a_batch(test);
	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_enabled(false));
	KUNIT_EXPECT_GT(test, page_hinting_in_flight(), 0);
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, __page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	KUNIT_EXPECT_EQ(test, 0, page_hinting_set_enabled(true));
}

/*
 * An allocation that only memory in flight can satisfy waits for it: take
 * all blocks of the largest order while the host has one, then ask for one.
 */
static void invariant_5_allocation(struct kunit *test)
{
	struct host *host = test->priv;
	struct page *page, *next;
	LIST_HEAD(taken);

	hold_a_batch(test);
	while ((page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN |
				   __GFP_NOMEMALLOC, MAX_PAGE_ORDER)))
		list_add(&page->lru, &taken);

	KUNIT_EXPECT_GT(test, page_hinting_in_flight(), 0);
	schedule_delayed_work(&host->late, HZ / 5);
	page = alloc_pages(GFP_KERNEL | __GFP_RETRY_MAYFAIL, MAX_PAGE_ORDER);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		__free_pages(page, MAX_PAGE_ORDER);
	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		__free_pages(page, MAX_PAGE_ORDER);
	}
}

static void invariant_5_who_waits(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, page_hinting_gives_up(GFP_KERNEL, 0));
	KUNIT_EXPECT_FALSE(test, page_hinting_gives_up(GFP_KERNEL, MAX_PAGE_ORDER));
	KUNIT_EXPECT_FALSE(test, page_hinting_gives_up(GFP_TRANSHUGE |
						       __GFP_RETRY_MAYFAIL,
						       pageblock_order));
	KUNIT_EXPECT_TRUE(test, page_hinting_gives_up(GFP_TRANSHUGE,
						      pageblock_order));
	KUNIT_EXPECT_TRUE(test, page_hinting_gives_up(GFP_KERNEL |
						      __GFP_NORETRY, 0));
}

/*
 * An allocation is told to try again if memory came back since it looked, however
 * long ago, and once: a zone that had nothing in flight needs the OOM killer.
 */
static void invariant_5_once(struct kunit *test)
{
	unsigned long returned = page_hinting_returned();
	bool recalled = false;

	EVENTUALLY(test, all_is_known());
	free_a_block(test);
	EVENTUALLY(test, page_hinting_returned() != returned);
	EVENTUALLY(test, all_is_known());
	msleep(200);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall(GFP_KERNEL, 0, returned,
						    &recalled));
	KUNIT_EXPECT_TRUE(test, recalled);
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(GFP_KERNEL, 0, returned,
						     &recalled));
	recalled = false;
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(GFP_ATOMIC, 0, returned,
						     &recalled));
	KUNIT_EXPECT_FALSE(test, recalled);
}

static void hints_once_until_used(struct kunit *test)
{
	struct page *page = freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, time;

	KUNIT_ASSERT_TRUE(test, PageReported(page));
	time = page->hint_time;
	msleep(200);
	KUNIT_EXPECT_TRUE(test, PageReported(page));
	KUNIT_EXPECT_EQ(test, page->hint_time, time);

	/* Used: no mark is left, and freed again it is captured again. */
	spin_lock_irqsave(&zone->lock, flags);
	if (PageBuddy(page))
		page_hinting_taken(zone, page, MAX_PAGE_ORDER);
	KUNIT_EXPECT_FALSE(test, page->flags & PAGE_HINTING_MARKS);
	page_hinting_moved(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_TRUE(test, PageReported(page));
	KUNIT_EXPECT_NE(test, page->hint_time, time);
}

static unsigned long pages_hinted(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		nr += READ_ONCE(zone->hinting.pages[PAGE_HINTING_HINTED]);
	return nr;
}

/* The host has not got back what is left of a block that is split. */
static void halves_stay_hinted(struct kunit *test)
{
	unsigned int least = MAX_PAGE_ORDER - 3;
	unsigned long pages, batches, regretted, lost;
	struct page *page, *next;
	LIST_HEAD(taken);

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(least));
	EVENTUALLY(test, all_is_known());
	/* Until a block of the largest order has to be split. */
	do {
		pages = pages_hinted();
		batches = page_hinting_count(HINT_BATCHES);
		regretted = page_hinting_count(HINT_REGRETTED);
		page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN |
				   __GFP_NOMEMALLOC, least);
		lost = pages - pages_hinted();
		KUNIT_ASSERT_NOT_NULL(test, page);
		list_add(&page->lru, &taken);
	} while (page_to_pfn(page) & (MAX_ORDER_NR_PAGES - 1));
	/* Others allocate, too, but not seven eighths of a block. */
	KUNIT_EXPECT_LT(test, lost, MAX_ORDER_NR_PAGES / 2);
	expect_even_ledgers(test);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_REGRETTED) - regretted, 3);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_BATCHES) - batches, 3);

	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		__free_pages(page, least);
	}
	EVENTUALLY(test, all_is_known());
}

/* Compaction, memory going off line and CMA take free blocks that stay free. */
static void only_allocation_is_use(struct kunit *test)
{
	unsigned long flags, regretted;
	struct page *page;
	struct zone *zone;
	bool moved;

	/* For what is used within that time. */
	WRITE_ONCE(page_hinting_age_max_ms, 60000);
	page = freed_and_hinted(test);
	zone = page_zone(page);

	spin_lock_irqsave(&zone->lock, flags);
	regretted = page_hinting_count(HINT_REGRETTED);
	moved = move_unnoticed(page);
	KUNIT_EXPECT_EQ(test, page_hinting_count(HINT_REGRETTED), regretted);
	page_hinting_moved(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
	KUNIT_ASSERT_TRUE(test, moved);

	EVENTUALLY(test, all_is_known());
	page = take_a_block(test);
	KUNIT_EXPECT_GT(test, page_hinting_count(HINT_REGRETTED), regretted);
	__free_pages(page, MAX_PAGE_ORDER);
}

/*
 * A block's entry waits; the block is used and freed again, and captured with an
 * older time. Only the second entry is true.
 */
static void invariant_3_older_entry(struct kunit *test)
{
	struct page *page = freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, now = jiffies;
	bool buddy;

	spin_lock_irqsave(&zone->lock, flags);
	buddy = PageBuddy(page) && buddy_order(page) == MAX_PAGE_ORDER;
	if (buddy) {
		page_hinting_taken(zone, page, MAX_PAGE_ORDER);
		page_hinting_capture(zone, page, MAX_PAGE_ORDER, now);
		page_hinting_taken(zone, page, MAX_PAGE_ORDER);
		page_hinting_capture(zone, page, MAX_PAGE_ORDER, now - 3 * HZ);
		page_hinting_kick();
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	KUNIT_ASSERT_TRUE(test, buddy);

	EVENTUALLY(test, all_is_known());
	expect_even_ledgers(test);
}

static void default_order_is_a_huge_page(struct kunit *test)
{
	struct host *host = test->priv;

	KUNIT_EXPECT_LE(test, PAGE_SIZE << host->min_order, max(SZ_2M, PAGE_SIZE));
	KUNIT_EXPECT_LE(test, host->min_order, pageblock_order);
}

static void failed_hints_are_tried_again(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int reports;

	EVENTUALLY(test, all_is_known());
	host->error = -EIO;
	hold_a_batch(test);
	reports = host->nr_reports;
	host_answer_all(host, -EIO);
	EVENTUALLY(test, host->nr_reports > reports);
	host->error = 0;
	EVENTUALLY(test, all_is_known());
}

static void min_order_keeps_the_ledger(struct kunit *test)
{
	unsigned int order;

	for (order = PAGE_HINTING_ORDER_MIN; order <= MAX_PAGE_ORDER; order++) {
		KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(order));
		EVENTUALLY(test, all_is_known());
		expect_even_ledgers(test);
	}
	KUNIT_EXPECT_EQ(test, -EINVAL, page_hinting_set_min_order(order));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			page_hinting_set_min_order(PAGE_HINTING_ORDER_MIN - 1));
}

static void one_device_at_a_time(struct kunit *test)
{
	struct host *host = test->priv;
	struct page_hinting_device other = host->device;

	KUNIT_EXPECT_EQ(test, -EBUSY, page_hinting_register(&other));
	other.max_ranges = 0;
	KUNIT_EXPECT_EQ(test, -EINVAL, page_hinting_register(&other));
}

static void stopping_leaves_no_mark(struct kunit *test)
{
	unsigned long flags, marked = 0;
	struct zone *zone;

	EVENTUALLY(test, all_is_known());
	page_hinting_set_enabled(false);
	for_each_populated_zone(zone) {
		unsigned long counted[PAGE_HINTING_STATES] = {};

		spin_lock_irqsave(&zone->lock, flags);
		count_marked(zone, 0, counted);
		spin_unlock_irqrestore(&zone->lock, flags);
		marked += counted[PAGE_HINTING_CAPTURED] +
			  counted[PAGE_HINTING_HINTED];
	}
	KUNIT_EXPECT_EQ(test, marked, 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&page_hinting_key));
	page_hinting_set_enabled(true);
}

static struct kunit_case host_cases[] = {
	KUNIT_CASE(invariant_1_conservation),
	KUNIT_CASE(invariant_2_exclusion),
	KUNIT_CASE(invariant_3_free_before),
	KUNIT_CASE(invariant_3_moved),
	KUNIT_CASE(invariant_3_isolated),
	KUNIT_CASE(invariant_3_older_entry),
	KUNIT_CASE(invariant_3_overflow),
	KUNIT_CASE(invariant_3_refused),
	KUNIT_CASE(invariant_3_returned_late),
	KUNIT_CASE(invariant_5_recall),
	KUNIT_CASE(invariant_5_lost_batch),
	KUNIT_CASE(invariant_5_range),
	KUNIT_CASE(invariant_5_recall_while_off),
	KUNIT_CASE(invariant_5_allocation),
	KUNIT_CASE(invariant_5_who_waits),
	KUNIT_CASE(invariant_5_once),
	KUNIT_CASE(hand_finds_what_can_be_spared),
	KUNIT_CASE(hand_looks_at_each_place_once),
	KUNIT_CASE(hand_goes_on_with_each_answer),
	KUNIT_CASE(hints_once_until_used),
	KUNIT_CASE(halves_stay_hinted),
	KUNIT_CASE(only_allocation_is_use),
	KUNIT_CASE(failed_hints_are_tried_again),
	KUNIT_CASE(min_order_keeps_the_ledger),
	KUNIT_CASE(default_order_is_a_huge_page),
	KUNIT_CASE(one_device_at_a_time),
	KUNIT_CASE(stopping_leaves_no_mark),
	{}
};

static struct kunit_suite host_suite = {
	.name = "page_hinting_host",
	.init = host_init,
	.exit = host_exit,
	.test_cases = host_cases,
};

kunit_test_suite(host_suite);
