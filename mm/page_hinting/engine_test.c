// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting: the engine. Those that are named for an invariant,
 * here and in the files beside, fail when it is broken.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "../internal.h"
#include "page_hinting_test.h"

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
	struct test_host *host = test->priv;
	static const int errors[] = { 0, -EIO, 0 };
	struct scatterlist ranges[TEST_RANGES];
	unsigned int i, nr_ranges, reports;
	unsigned long isolated;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		test_hold_batch(test);
		KUNIT_EXPECT_GT(test, page_hinting_in_flight(), 0);
		KUNIT_EXPECT_EQ(test, pages_in_ledgers(),
				page_hinting_in_flight());
		nr_ranges = host->held[0]->nr_ranges;
		memcpy(ranges, host->held[0]->ranges, nr_ranges * sizeof(*ranges));
		KUNIT_EXPECT_GT(test, nr_lost(ranges, nr_ranges), 0);

		test_host_answer_all(host, errors[i]);
		EVENTUALLY(test, all_is_known());
		KUNIT_EXPECT_EQ(test, pages_in_ledgers(), 0);
		EVENTUALLY(test, !nr_lost(ranges, nr_ranges));
	}

	/* The device fails, and is paused with batches in flight. */
	test_hold_batch(test);
	reports = host->nr_reports;
	host->report_error = -ENOSPC;
	page_hinting_set_enabled(false);
	page_hinting_set_enabled(true);
	EVENTUALLY(test, host->nr_reports > reports);
	page_hinting_pause(&host->device);
	test_host_answer_all(host, -EIO);
	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	KUNIT_EXPECT_EQ(test, pages_in_ledgers(), 0);
	isolated = page_hinting_count(HINT_ISOLATED);
	KUNIT_EXPECT_EQ(test, isolated,
			page_hinting_count(HINT_RETURNED));
}

static void invariant_2_exclusion(struct kunit *test)
{
	struct test_host *host = test->priv;
	struct page *page, *next;
	unsigned int i, r;
	LIST_HEAD(taken);

	test_hold_batch(test);

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

static void hints_once_until_used(struct kunit *test)
{
	struct page *page = test_freed_and_hinted(test);
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
	test_expect_even_ledgers(test);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_REGRETTED) - regretted, 3);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_BATCHES) - batches, 3);

	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		__free_pages(page, least);
	}
	EVENTUALLY(test, all_is_known());
}

/* The host has the rest as before, so there is nothing to do. */
static void use_runs_no_pass(struct kunit *test)
{
	unsigned int least = MAX_PAGE_ORDER - 1, n, nr = 0;
	unsigned long passes;
	struct page *blocks[16];

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(least));
	EVENTUALLY(test, all_is_known());
	/* What was used sooner would have been regretted. */
	EVENTUALLY(test, is_quiet());
	passes = page_hinting_count(HINT_PASSES);
	for (n = 0; n < ARRAY_SIZE(blocks); n++) {
		blocks[n] = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN |
					__GFP_NOMEMALLOC, least);
		nr += !!blocks[n];
		msleep(50);
	}
	KUNIT_EXPECT_GE(test, nr, ARRAY_SIZE(blocks) / 2);
	/* Others free something now and then. */
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_PASSES) - passes, 3);
	while (n--) {
		if (blocks[n])
			__free_pages(blocks[n], least);
	}
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
	page = test_freed_and_hinted(test);
	zone = page_zone(page);

	spin_lock_irqsave(&zone->lock, flags);
	regretted = page_hinting_count(HINT_REGRETTED);
	moved = test_move_unnoticed(page);
	KUNIT_EXPECT_EQ(test, page_hinting_count(HINT_REGRETTED), regretted);
	page_hinting_moved(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
	KUNIT_ASSERT_TRUE(test, moved);

	EVENTUALLY(test, all_is_known());
	page = test_take_block(test);
	KUNIT_EXPECT_GT(test, page_hinting_count(HINT_REGRETTED), regretted);
	__free_pages(page, MAX_PAGE_ORDER);
}

static void default_order_is_a_huge_page(struct kunit *test)
{
	struct test_host *host = test->priv;

	KUNIT_EXPECT_LE(test, PAGE_SIZE << host->settings.min_order, max(SZ_2M, PAGE_SIZE));
	KUNIT_EXPECT_LE(test, host->settings.min_order, pageblock_order);
}

static void failed_hints_are_tried_again(struct kunit *test)
{
	struct test_host *host = test->priv;
	unsigned int reports;

	EVENTUALLY(test, all_is_known());
	host->error = -EIO;
	test_hold_batch(test);
	reports = host->nr_reports;
	test_host_answer_all(host, -EIO);
	EVENTUALLY(test, host->nr_reports > reports);
	host->error = 0;
	EVENTUALLY(test, all_is_known());
}

/* It has room when another batch is back: see virtio_page_hinting.c. */
static void full_ring_is_no_failure(struct kunit *test)
{
	struct test_host *host = test->priv;
	unsigned long failed = page_hinting_count(HINT_FAILED), begin;
	unsigned int reports;

	test_hold_batch(test);
	host->report_error = -ENOSPC;
	reports = host->nr_reports;
	test_free_block(test);
	EVENTUALLY(test, host->nr_reports > reports);
	msleep(20);
	KUNIT_EXPECT_EQ(test, failed, page_hinting_count(HINT_FAILED));
	KUNIT_EXPECT_FALSE(test, page_hinting_refused());
	host->report_error = 0;
	begin = jiffies;
	test_host_answer_all(host, 0);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_LT(test, jiffies - begin, 2 * HZ);
}

static void min_order_keeps_the_ledger(struct kunit *test)
{
	unsigned int order;

	for (order = PAGE_HINTING_ORDER_MIN; order <= MAX_PAGE_ORDER; order++) {
		KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(order));
		EVENTUALLY(test, all_is_known());
		test_expect_even_ledgers(test);
	}
	KUNIT_EXPECT_EQ(test, -EINVAL, page_hinting_set_min_order(order));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			page_hinting_set_min_order(PAGE_HINTING_ORDER_MIN - 1));
}

static void one_device_at_a_time(struct kunit *test)
{
	struct test_host *host = test->priv;
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
		test_count_marked(zone, 0, counted);
		spin_unlock_irqrestore(&zone->lock, flags);
		marked += counted[PAGE_HINTING_CAPTURED] +
			  counted[PAGE_HINTING_HINTED];
	}
	KUNIT_EXPECT_EQ(test, marked, 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&page_hinting_key));
	page_hinting_set_enabled(true);
}

static struct kunit_case engine_cases[] = {
	KUNIT_CASE(invariant_1_conservation),
	KUNIT_CASE(invariant_2_exclusion),
	KUNIT_CASE(hints_once_until_used),
	KUNIT_CASE(halves_stay_hinted),
	KUNIT_CASE(use_runs_no_pass),
	KUNIT_CASE(only_allocation_is_use),
	KUNIT_CASE(failed_hints_are_tried_again),
	KUNIT_CASE(full_ring_is_no_failure),
	KUNIT_CASE(min_order_keeps_the_ledger),
	KUNIT_CASE(default_order_is_a_huge_page),
	KUNIT_CASE(one_device_at_a_time),
	KUNIT_CASE(stopping_leaves_no_mark),
	{}
};

static struct kunit_suite engine_suite = {
	.name = "page_hinting_engine",
	.init = test_host_init,
	.exit = test_host_exit,
	.test_cases = engine_cases,
};

kunit_test_suite(engine_suite);
