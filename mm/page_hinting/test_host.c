// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting: the host that the test plays, and what the tests
 * of the engine share. The memory is the running kernel's own.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "page_hinting_test.h"

static int host_report(struct page_hinting_device *device,
		       struct page_hinting_batch *batch)
{
	struct test_host *host = container_of(device, struct test_host, device);
	bool holds;
	int error;

	spin_lock_irq(&host->lock);
	holds = host->holds;
	error = host->report_error;
	host->nr_reports++;
	host->nr_pages += batch->nr_pages;
	if (!error && holds)
		host->held[host->nr_held++] = batch;
	spin_unlock_irq(&host->lock);

	if (!error && !holds)
		page_hinting_complete(batch, host->error);
	return error;
}

unsigned int test_host_nr_held(struct test_host *host)
{
	unsigned int nr;

	spin_lock_irq(&host->lock);
	nr = host->nr_held;
	spin_unlock_irq(&host->lock);
	return nr;
}

/* Answers the newest batch, so that the order is not the order of asking. */
bool test_host_answer(struct test_host *host, int error)
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

void test_host_answer_all(struct test_host *host, int error)
{
	spin_lock_irq(&host->lock);
	host->holds = false;
	spin_unlock_irq(&host->lock);
	while (test_host_answer(host, error))
		;
}

static void host_answer_late(struct work_struct *work)
{
	test_host_answer_all(container_of(to_delayed_work(work),
					  struct test_host, late), 0);
}

int test_host_init(struct kunit *test)
{
	struct test_host *host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);
	int error;

	KUNIT_ASSERT_NOT_NULL(test, host);
	spin_lock_init(&host->lock);
	INIT_DELAYED_WORK(&host->late, host_answer_late);
	host->device.report = host_report;
	host->device.max_batches = TEST_BATCHES;
	host->device.max_ranges = TEST_RANGES;
	host->device.max_descriptors = TEST_BATCHES * TEST_RANGES;

	error = page_hinting_register(&host->device);
	if (error == -EBUSY)
		kunit_skip(test, "a device has the engine");
	KUNIT_ASSERT_EQ(test, error, 0);
	test->priv = host;
	test_settings_begin(&host->settings);
	return 0;
}

void test_host_exit(struct kunit *test)
{
	struct test_host *host = test->priv;

	if (!host)
		return;
	page_hinting_pause(&host->device);
	cancel_delayed_work_sync(&host->late);
	test_host_answer_all(host, -EIO);
	page_hinting_unregister(&host->device);
	test_settings_end(&host->settings);
}

void test_host_set_holds(struct test_host *host, bool holds)
{
	spin_lock_irq(&host->lock);
	host->holds = holds;
	spin_unlock_irq(&host->lock);
}

struct page *test_take_block(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

struct page *test_free_block(struct kunit *test)
{
	struct page *page = test_take_block(test);

	__free_pages(page, MAX_PAGE_ORDER);
	return page;
}

/* Returns what it was. A zone at it gives nothing away. */
unsigned long test_set_high_watermark(struct zone *zone, unsigned long pages)
{
	unsigned long flags, was;

	spin_lock_irqsave(&zone->lock, flags);
	was = zone->_watermark[WMARK_HIGH];
	zone->_watermark[WMARK_HIGH] = pages;
	spin_unlock_irqrestore(&zone->lock, flags);
	return was;
}

/* Makes the host hold a batch, of memory that is freed for it. */
void test_hold_batch(struct kunit *test)
{
	struct test_host *host = test->priv;

	EVENTUALLY(test, all_is_known());
	test_host_set_holds(host, true);
	test_free_block(test);
	EVENTUALLY(test, test_host_nr_held(host));
}

/* A block that was freed, and that the host has had since then. */
struct page *test_freed_and_hinted(struct kunit *test)
{
	struct page *page = test_free_block(test);

	EVENTUALLY(test, all_is_known());
	return page;
}

/*
 * It reaches its free list anew by a way that does not notify, the zone's lock
 * held. Returns false if it is not free any more.
 */
bool test_move_unnoticed(struct page *page)
{
	if (!PageBuddy(page) || !__isolate_free_page(page, MAX_PAGE_ORDER))
		return false;
	__putback_isolated_page(page, MAX_PAGE_ORDER,
				get_pageblock_migratetype(page));
	return true;
}

/* Free pages of a zone from an order on, by the state of their blocks. */
void test_count_marked(struct zone *zone, unsigned int order,
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

void test_expect_even_ledgers(struct kunit *test)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long counted[PAGE_HINTING_STATES] = {}, flags;
		unsigned long missed, captured, hinted;

		spin_lock_irqsave(&zone->lock, flags);
		test_count_marked(zone, page_hinting_min_order, counted);
		missed = page_hinting_missed(zone);
		captured = zone->hinting.pages[PAGE_HINTING_CAPTURED];
		hinted = zone->hinting.pages[PAGE_HINTING_HINTED];
		spin_unlock_irqrestore(&zone->lock, flags);

		KUNIT_EXPECT_EQ(test, counted[PAGE_HINTING_UNKNOWN], missed);
		KUNIT_EXPECT_EQ(test, counted[PAGE_HINTING_CAPTURED], captured);
		KUNIT_EXPECT_EQ(test, counted[PAGE_HINTING_HINTED], hinted);
	}
}
