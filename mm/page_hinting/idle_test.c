// SPDX-License-Identifier: GPL-2.0
/* KUnit tests for free page hinting: pieces and the flush. */
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "../internal.h"
#include "page_hinting_test.h"

/* Blocks that are freed in pieces, of which each has so many pages, but for one. */
#define BLOCKS		4
#define PIECE		32

static struct page *blocks[BLOCKS];
static bool joined;		/* every other kept page of the first is free */

static struct page *page_of_blocks(unsigned int i)
{
	return blocks[i / MAX_ORDER_NR_PAGES] + i % MAX_ORDER_NR_PAGES;
}

static int idle_init(struct kunit *test)
{
	int error = test_host_init(test);
	struct test_host *host = test->priv;

	memset(blocks, 0, sizeof(blocks));
	joined = false;
	if (error || !host)
		return error;
	page_hinting_set_cold_order(host->settings.cold_order);
	/* Turns come when the test says so. */
	page_hinting_idle_stop();
	EVENTUALLY(test, all_is_known());
	return 0;
}

static void idle_exit(struct kunit *test)
{
	unsigned int i;

	test_host_exit(test);
	for (i = 0; i < BLOCKS * MAX_ORDER_NR_PAGES; i += PIECE) {
		if (joined && i < MAX_ORDER_NR_PAGES && !(i % (2 * PIECE)))
			continue;
		if (blocks[i / MAX_ORDER_NR_PAGES])
			__free_page(page_of_blocks(i));
	}
}

/* Frees memory but for one page in PIECE, so that half of it is one free block. */
static void free_pieces(struct kunit *test)
{
	unsigned int i, k;

	for (i = 0; i < BLOCKS; i++) {
		blocks[i] = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
		KUNIT_ASSERT_NOT_NULL(test, blocks[i]);
		split_page(blocks[i], MAX_PAGE_ORDER);
	}
	for (i = 0; i < BLOCKS; i++)
		for (k = 0; k < MAX_ORDER_NR_PAGES; k++)
			if (k % PIECE)
				__free_page(blocks[i] + k);
	drain_all_pages(NULL);
}

/* How many of the pieces are in a state. */
static unsigned int nr_pieces(enum page_hinting_state state)
{
	unsigned int i, nr = 0;

	for (i = PIECE / 2; i < BLOCKS * MAX_ORDER_NR_PAGES; i += PIECE) {
		struct page *page = page_of_blocks(i);
		unsigned long flags;

		spin_lock_irqsave(&page_zone(page)->lock, flags);
		nr += PageBuddy(page) && __page_hinting_state(page) == state;
		spin_unlock_irqrestore(&page_zone(page)->lock, flags);
	}
	return nr;
}

static void make_older(unsigned long by)
{
	unsigned int i;

	for (i = PIECE / 2; i < BLOCKS * MAX_ORDER_NR_PAGES; i += PIECE) {
		struct page *page = page_of_blocks(i);
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
	unsigned int all = BLOCKS * MAX_ORDER_NR_PAGES / PIECE;

	free_pieces(test);
	KUNIT_EXPECT_GT(test, nr_pieces(PAGE_HINTING_UNKNOWN), all / 2);

	/* Seen, and not long enough ago. */
	revolve(test);
	revolve(test);
	KUNIT_EXPECT_GT(test, nr_pieces(PAGE_HINTING_CAPTURED), all / 2);
	KUNIT_EXPECT_EQ(test, nr_pieces(PAGE_HINTING_HINTED), 0);

	make_older(60 * HZ);
	revolve(test);
	KUNIT_EXPECT_GT(test, nr_pieces(PAGE_HINTING_HINTED), all / 2);
	/* A megabyte of a zone may stay. */
	KUNIT_EXPECT_LE(test, nr_pieces(PAGE_HINTING_CAPTURED),
			(SZ_1M >> PAGE_SHIFT) / (PIECE / 2));
	KUNIT_EXPECT_EQ(test, page_hinting_waiting(), 0);
}

/* What became free beside a piece since it was seen makes a block that is young. */
static void pieces_that_grow_are_young(struct kunit *test)
{
	unsigned int k, young = 0, hinted = 0;
	struct page *page;

	free_pieces(test);
	revolve(test);
	make_older(60 * HZ);
	for (k = 0; k < MAX_ORDER_NR_PAGES; k += 2 * PIECE)
		__free_page(blocks[0] + k);
	joined = true;
	drain_all_pages(NULL);
	revolve(test);
	for (k = 0; k < MAX_ORDER_NR_PAGES; k += 2 * PIECE) {
		page = blocks[0] + k;
		hinted += PageBuddy(page) &&
			  __page_hinting_state(page) == PAGE_HINTING_HINTED;
		young += PageBuddy(page) &&
			 __page_hinting_state(page) == PAGE_HINTING_CAPTURED;
	}
	KUNIT_EXPECT_EQ(test, hinted, 0);
	KUNIT_EXPECT_GT(test, young, MAX_ORDER_NR_PAGES / PIECE / 4);
	KUNIT_EXPECT_GT(test, nr_pieces(PAGE_HINTING_HINTED),
			BLOCKS * MAX_ORDER_NR_PAGES / PIECE / 2);
}

/* A zone that spares no more until the host answers: no pass runs meanwhile. */
static void pieces_wait_for_an_answer(struct kunit *test)
{
	struct test_host *host = test->priv;
	unsigned long high, passes;
	struct zone *zone;
	unsigned int i;

	free_pieces(test);
	revolve(test);
	make_older(60 * HZ);
	zone = page_zone(blocks[0]);
	test_host_set_holds(host, true);
	/* A dozen pieces. */
	high = test_set_high_watermark(zone, page_hinting_usable(zone) - 400);
	for (i = 0; i < 8 && !test_host_nr_held(host); i++) {
		page_hinting_give_turn(zone);
		page_hinting_run_pass();
		msleep(200);
	}
	KUNIT_EXPECT_GT(test, test_host_nr_held(host), 0);
	KUNIT_EXPECT_GT(test, zone->hinting.turn, 0);
	passes = page_hinting_count(HINT_PASSES);
	msleep(1000);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_PASSES) - passes, 5);
	test_set_high_watermark(zone, high);
	test_host_answer_all(host, 0);
	EVENTUALLY(test, turns_are_over());
}

/* Where it stopped may be outside when it goes on: memory went off line. */
static void compaction_stays_in_its_zone(struct kunit *test)
{
	struct zone *zone;

	if (!IS_ENABLED(CONFIG_COMPACTION))
		kunit_skip(test, "needs CONFIG_COMPACTION");
	for_each_populated_zone(zone) {
		spin_lock_irq(&zone->lock);
		zone->hinting.whole.budget = HZ;
		zone->hinting.whole.migrate_pfn = zone->zone_start_pfn + 1;
		zone->hinting.whole.free_pfn = zone_end_pfn(zone) + SZ_1G;
		spin_unlock_irq(&zone->lock);
	}
	while (page_hinting_compact())
		cond_resched();
	for_each_populated_zone(zone)
		KUNIT_EXPECT_FALSE(test, zone->hinting.whole.budget &&
				   page_hinting_usable(zone) >
				   3 * high_wmark_pages(zone));
}

static void flush_hints_all_anew(struct kunit *test)
{
	struct test_host *host = test->priv;
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
	KUNIT_EXPECT_GT(test, nr_pieces(PAGE_HINTING_HINTED), all / 2);

	KUNIT_EXPECT_EQ(test, page_hinting_flush(0), -EINVAL);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(3), -EINVAL);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(2), 0);
	page_hinting_set_enabled(0);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), -ENODEV);
	page_hinting_set_enabled(1);
}

struct freed_while_held {
	struct work_struct work;
	struct test_host *host;
	struct page *block;
};

static void free_while_held(struct work_struct *work)
{
	struct freed_while_held *held = container_of(work, struct freed_while_held, work);
	unsigned long end = jiffies + 30 * HZ;

	while (!test_host_nr_held(held->host) && time_before(jiffies, end))
		msleep(20);
	/* In a later jiffy than the request. */
	msleep(100);
	__free_pages(held->block, MAX_PAGE_ORDER);
	test_host_answer_all(held->host, 0);
}

/* Or in a busy guest it had no end. */
static void flush_leaves_what_is_freed_since(struct kunit *test)
{
	struct freed_while_held held = { .host = test->priv };
	struct page *before;

	EVENTUALLY(test, all_is_known());
	held.block = test_take_block(test);
	test_set_age(60000);
	before = test_free_block(test);
	test_host_set_holds(held.host, true);
	INIT_WORK_ONSTACK(&held.work, free_while_held);
	schedule_work(&held.work);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), 0);
	flush_work(&held.work);
	destroy_work_on_stack(&held.work);
	KUNIT_EXPECT_EQ(test, __page_hinting_state(before), PAGE_HINTING_HINTED);
	KUNIT_EXPECT_EQ(test, __page_hinting_state(held.block), PAGE_HINTING_CAPTURED);
	test_set_age(20);
	EVENTUALLY(test, all_is_known());
}

static void flush_gives_up_on_a_dead_host(struct kunit *test)
{
	struct test_host *host = test->priv;
	unsigned long begin = jiffies;

	test_host_set_holds(host, true);
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, jiffies - begin, 10 * HZ);
	KUNIT_EXPECT_LT(test, jiffies - begin, 15 * HZ);
	KUNIT_EXPECT_FALSE(test, page_hinting_flushing());
	test_host_answer_all(host, 0);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_EQ(test, page_hinting_flush(1), 0);
}

static struct kunit_case idle_cases[] = {
	KUNIT_CASE_SLOW(pieces_are_hinted_when_seen_twice),
	KUNIT_CASE_SLOW(pieces_that_grow_are_young),
	KUNIT_CASE_SLOW(pieces_wait_for_an_answer),
	KUNIT_CASE_SLOW(compaction_stays_in_its_zone),
	KUNIT_CASE_SLOW(flush_hints_all_anew),
	KUNIT_CASE_SLOW(flush_leaves_what_is_freed_since),
	KUNIT_CASE_SLOW(flush_gives_up_on_a_dead_host),
	{}
};

static struct kunit_suite idle_suite = {
	.name = "page_hinting_idle",
	.init = idle_init,
	.exit = idle_exit,
	.test_cases = idle_cases,
};

kunit_test_suite(idle_suite);
