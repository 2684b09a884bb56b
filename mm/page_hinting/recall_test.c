// SPDX-License-Identifier: GPL-2.0
/* KUnit tests for free page hinting: what is in flight can be waited for (invariant 5). */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "page_hinting_test.h"

static void invariant_5_recall(struct kunit *test)
{
	struct test_host *host = test->priv;
	unsigned long returned;

	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));
	/* What is free stays so for its caller's last look. */
	KUNIT_EXPECT_TRUE(test, page_hinting_recalling());

	test_hold_batch(test);
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
	test_hold_batch(test);
}

/* Nobody waits again for what the host does not answer, whatever else it does. */
static void invariant_5_lost_batch(struct kunit *test)
{
	struct test_host *host = test->priv;
	struct page_hinting_batch *lost;
	unsigned long begin = jiffies, returned;

	test_hold_batch(test);
	spin_lock_irq(&host->lock);
	lost = host->held[--host->nr_held];
	host->holds = false;
	spin_unlock_irq(&host->lock);

	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_LE(test, jiffies - begin, 20 * HZ);
	EVENTUALLY(test, !page_hinting_recalling());

	/* All others are answered, and waited for: but not that one. */
	test_free_block(test);
	msleep(200);
	begin = jiffies;
	__page_hinting_recall(page_hinting_returned());
	KUNIT_EXPECT_LT(test, jiffies - begin, HZ);
	EVENTUALLY(test, !page_hinting_recalling());
	test_host_set_holds(host, true);
	test_free_block(test);
	EVENTUALLY(test, test_host_nr_held(host));
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
	struct test_host *host = test->priv;
	struct scatterlist *range;

	test_hold_batch(test);
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

	test_host_answer_all(host, 0);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall_range(pfn, pfn + pages));

	/* One that answers late. */
	test_hold_batch(test);
	range = &host->held[0]->ranges[0];
	pfn = page_to_pfn(sg_page(range));
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall_range(pfn, pfn + 1));
}

/* Switching hinting off does not bring back what is in flight. */
static void invariant_5_recall_while_off(struct kunit *test)
{
	struct test_host *host = test->priv;

	test_hold_batch(test);
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
	struct test_host *host = test->priv;
	struct page *page, *next;
	LIST_HEAD(taken);

	test_hold_batch(test);
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
	struct test_host *host = test->priv;
	unsigned long returned = page_hinting_returned();
	bool recalled = false;

	EVENTUALLY(test, all_is_known());
	test_free_block(test);
	EVENTUALLY(test, page_hinting_returned() != returned);
	EVENTUALLY(test, all_is_known());
	msleep(200);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall(GFP_KERNEL, 0, returned,
						    &recalled));
	KUNIT_EXPECT_TRUE(test, recalled);
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(GFP_KERNEL, 0, returned,
						     &recalled));
	/* It waits all the same for what has left since. */
	EVENTUALLY(test, !page_hinting_recalling());
	test_hold_batch(test);
	returned = page_hinting_returned();
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(GFP_KERNEL, 0, returned,
						     &recalled));
	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	recalled = false;
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(GFP_ATOMIC, 0, returned,
						     &recalled));
	KUNIT_EXPECT_FALSE(test, recalled);
}

static struct kunit_case recall_cases[] = {
	KUNIT_CASE(invariant_5_recall),
	KUNIT_CASE(invariant_5_lost_batch),
	KUNIT_CASE(invariant_5_range),
	KUNIT_CASE(invariant_5_recall_while_off),
	KUNIT_CASE(invariant_5_allocation),
	KUNIT_CASE(invariant_5_who_waits),
	KUNIT_CASE(invariant_5_once),
	{}
};

static struct kunit_suite recall_suite = {
	.name = "page_hinting_recall",
	.init = test_host_init,
	.exit = test_host_exit,
	.test_cases = recall_cases,
};

kunit_test_suite(recall_suite);
