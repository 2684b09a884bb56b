// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting: pieces and the flush, with the running kernel's
 * free memory, and a host that the test plays.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "../internal.h"
#include "internal.h"
#include "page_hinting_test.h"

#define BATCHES		4
#define RANGES		32

/* Blocks that are freed in pieces, of which each has so many pages, but for one. */
#define BLOCKS		4
#define PIECE		32

struct host {
	struct page_hinting_device device;
	spinlock_t lock;		/* protects what follows */
	struct page_hinting_batch *held[BATCHES];
	unsigned int nr_held;
	unsigned long nr_pages;		/* that were reported */
	bool holds;
	unsigned int compacts;
	struct page *blocks[BLOCKS];
	bool joined;			/* every other kept page of the first is free */
};

static int host_report(struct page_hinting_device *device,
		       struct page_hinting_batch *batch)
{
	struct host *host = container_of(device, struct host, device);
	bool holds;

	spin_lock_irq(&host->lock);
	holds = host->holds;
	host->nr_pages += batch->nr_pages;
	if (holds)
		host->held[host->nr_held++] = batch;
	spin_unlock_irq(&host->lock);
	if (!holds)
		page_hinting_complete(batch, 0);
	return 0;
}

static void set_holds(struct host *host, bool holds)
{
	spin_lock_irq(&host->lock);
	host->holds = holds;
	spin_unlock_irq(&host->lock);
}

static void host_answer_all(struct host *host)
{
	struct page_hinting_batch *batch;

	set_holds(host, false);
	do {
		spin_lock_irq(&host->lock);
		batch = host->nr_held ? host->held[--host->nr_held] : NULL;
		spin_unlock_irq(&host->lock);
		if (batch)
			page_hinting_complete(batch, 0);
	} while (batch);
}

static int host_init(struct kunit *test)
{
	struct host *host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);
	int error;

	KUNIT_ASSERT_NOT_NULL(test, host);
	spin_lock_init(&host->lock);
	host->device.report = host_report;
	host->device.max_batches = BATCHES;
	host->device.max_ranges = RANGES;
	host->device.max_descriptors = BATCHES * RANGES;
	host->compacts = page_hinting_compacts;
	page_hinting_compacts = 0;
	error = page_hinting_register(&host->device);
	if (error == -EBUSY) {
		page_hinting_compacts = host->compacts;
		kunit_skip(test, "a device has the engine");
	}
	KUNIT_ASSERT_EQ(test, error, 0);
	test->priv = host;
	/* Turns come when the test says so. */
	page_hinting_idle_stop();
	EVENTUALLY(test, all_is_known());
	return 0;
}

static void host_exit(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int i;

	if (!host)
		return;
	page_hinting_pause(&host->device);
	host_answer_all(host);
	page_hinting_unregister(&host->device);
	page_hinting_compacts = host->compacts;
	for (i = 0; i < BLOCKS * MAX_ORDER_NR_PAGES; i += PIECE) {
		if (host->joined && i < MAX_ORDER_NR_PAGES && !(i % (2 * PIECE)))
			continue;
		if (host->blocks[i / MAX_ORDER_NR_PAGES])
			__free_page(host->blocks[i / MAX_ORDER_NR_PAGES] +
				    i % MAX_ORDER_NR_PAGES);
	}
}

/* Frees memory but for one page in PIECE, so that half of it is one free block. */
static void free_pieces(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int i, k;

	for (i = 0; i < BLOCKS; i++) {
		host->blocks[i] = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
		KUNIT_ASSERT_NOT_NULL(test, host->blocks[i]);
		split_page(host->blocks[i], MAX_PAGE_ORDER);
	}
	for (i = 0; i < BLOCKS; i++)
		for (k = 0; k < MAX_ORDER_NR_PAGES; k++)
			if (k % PIECE)
				__free_page(host->blocks[i] + k);
	drain_all_pages(NULL);
}

/* How many of the pieces are in a state, and not more than so long; jiffies. */
static unsigned int nr_pieces(struct host *host, enum page_hinting_state state)
{
	unsigned int i, nr = 0;

	for (i = PIECE / 2; i < BLOCKS * MAX_ORDER_NR_PAGES; i += PIECE) {
		struct page *page = host->blocks[i / MAX_ORDER_NR_PAGES] +
				    i % MAX_ORDER_NR_PAGES;
		unsigned long flags;

		spin_lock_irqsave(&page_zone(page)->lock, flags);
		nr += PageBuddy(page) && __page_hinting_state(page) == state;
		spin_unlock_irqrestore(&page_zone(page)->lock, flags);
	}
	return nr;
}

static void make_older(struct host *host, unsigned long by)
{
	unsigned int i;

	for (i = PIECE / 2; i < BLOCKS * MAX_ORDER_NR_PAGES; i += PIECE) {
		struct page *page = host->blocks[i / MAX_ORDER_NR_PAGES] +
				    i % MAX_ORDER_NR_PAGES;
		unsigned long flags;

		spin_lock_irqsave(&page_zone(page)->lock, flags);
		if (PageBuddy(page))
			page->hint_time -= by;
		spin_unlock_irqrestore(&page_zone(page)->lock, flags);
	}
}

static bool turns_are_over(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (READ_ONCE(zone->hinting.turn))
			return false;
	return !page_hinting_in_flight();
}

/* Once round all zones. */
static void revolve(struct kunit *test)
{
	struct zone *zone;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		for_each_populated_zone(zone)
			page_hinting_give_turn(zone);
		page_hinting_run_pass();
		EVENTUALLY(test, turns_are_over());
	}
}

static void pieces_are_hinted_when_seen_twice(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int all = BLOCKS * MAX_ORDER_NR_PAGES / PIECE;

	free_pieces(test);
	KUNIT_EXPECT_GT(test, nr_pieces(host, PAGE_HINTING_UNKNOWN), all / 2);

	/* Seen, and not long enough ago. */
	revolve(test);
	revolve(test);
	KUNIT_EXPECT_GT(test, nr_pieces(host, PAGE_HINTING_CAPTURED), all / 2);
	KUNIT_EXPECT_EQ(test, nr_pieces(host, PAGE_HINTING_HINTED), 0);

	make_older(host, 60 * HZ);
	revolve(test);
	KUNIT_EXPECT_GT(test, nr_pieces(host, PAGE_HINTING_HINTED), all / 2);
	/* A megabyte of a zone may stay. */
	KUNIT_EXPECT_LE(test, nr_pieces(host, PAGE_HINTING_CAPTURED),
			(SZ_1M >> PAGE_SHIFT) / (PIECE / 2));
	KUNIT_EXPECT_EQ(test, page_hinting_waiting(), 0);
}

/* What became free beside a piece since it was seen makes a block that is young. */
static void pieces_that_grow_are_young(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int k, young = 0, hinted = 0;
	struct page *page;

	free_pieces(test);
	revolve(test);
	make_older(host, 60 * HZ);
	for (k = 0; k < MAX_ORDER_NR_PAGES; k += 2 * PIECE)
		__free_page(host->blocks[0] + k);
	host->joined = true;
	drain_all_pages(NULL);
	revolve(test);
	for (k = 0; k < MAX_ORDER_NR_PAGES; k += 2 * PIECE) {
		page = host->blocks[0] + k;
		hinted += PageBuddy(page) &&
			  __page_hinting_state(page) == PAGE_HINTING_HINTED;
		young += PageBuddy(page) &&
			 __page_hinting_state(page) == PAGE_HINTING_CAPTURED;
	}
	KUNIT_EXPECT_EQ(test, hinted, 0);
	KUNIT_EXPECT_GT(test, young, MAX_ORDER_NR_PAGES / PIECE / 4);
	KUNIT_EXPECT_GT(test, nr_pieces(host, PAGE_HINTING_HINTED),
			BLOCKS * MAX_ORDER_NR_PAGES / PIECE / 2);
}

static void flush_hints_all_anew(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int all = BLOCKS * MAX_ORDER_NR_PAGES / PIECE;
	unsigned long whole = 0, before;
	struct zone *zone;

	free_pieces(test);
	EVENTUALLY(test, all_is_known());
	for_each_populated_zone(zone)
		whole += zone->hinting.pages[PAGE_HINTING_HINTED];
	before = host->nr_pages;
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), 0);
	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	KUNIT_EXPECT_GE(test, host->nr_pages - before, whole - whole / 8);
	KUNIT_EXPECT_GT(test, nr_pieces(host, PAGE_HINTING_HINTED), all / 2);

	KUNIT_EXPECT_EQ(test, page_hinting_flush(0), -EINVAL);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(3), -EINVAL);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(2), 0);
	page_hinting_set_enabled(0);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), -ENODEV);
	page_hinting_set_enabled(1);
}

static void flush_gives_up_on_a_dead_host(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long begin = jiffies;

	set_holds(host, true);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, jiffies - begin, 10 * HZ);
	KUNIT_EXPECT_LT(test, jiffies - begin, 15 * HZ);
	KUNIT_EXPECT_FALSE(test, page_hinting_flushing());
	host_answer_all(host);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), 0);
}

static struct kunit_case idle_cases[] = {
	KUNIT_CASE_SLOW(pieces_are_hinted_when_seen_twice),
	KUNIT_CASE_SLOW(pieces_that_grow_are_young),
	KUNIT_CASE_SLOW(flush_hints_all_anew),
	KUNIT_CASE_SLOW(flush_gives_up_on_a_dead_host),
	{}
};

static struct kunit_suite idle_suite = {
	.name = "page_hinting_idle",
	.init = host_init,
	.exit = host_exit,
	.test_cases = idle_cases,
};

kunit_test_suites(&idle_suite);
