// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting: all that is free is known, by an entry or by the
 * clock hand (invariant 3), and the hand looks no more often than it has to.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/slab.h>

#include "../internal.h"
#include "page_hinting_test.h"

static void invariant_3_free_before(struct kunit *test)
{
	struct zone *zone;
	unsigned long hinted = 0;

	/* All that was free when the device came. */
	EVENTUALLY(test, all_is_known());
	for_each_populated_zone(zone)
		hinted += zone->hinting.pages[PAGE_HINTING_HINTED];
	KUNIT_EXPECT_GT(test, hinted, 0);
	test_expect_even_ledgers(test);
}

static void invariant_3_moved(struct kunit *test)
{
	struct page *page = test_freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, missed;
	bool moved;

	spin_lock_irqsave(&zone->lock, flags);
	moved = test_move_unnoticed(page);
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
	struct page *page = test_freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, high, looked;
	bool moved;

	high = test_set_high_watermark(zone, zone_managed_pages(zone));
	spin_lock_irqsave(&zone->lock, flags);
	moved = test_move_unnoticed(page);
	page_hinting_kick();
	spin_unlock_irqrestore(&zone->lock, flags);
	looked = page_hinting_count(HINT_LOOKED);
	msleep(300);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_LOOKED) - looked, 1);
	KUNIT_EXPECT_GT(test, page_hinting_missed(zone), 0);

	/* It tries again by itself, after a second or a few. */
	test_set_high_watermark(zone, high);
	KUNIT_ASSERT_TRUE(test, moved);
	EVENTUALLY(test, all_is_known());
}

static void invariant_3_isolated(struct kunit *test)
{
	struct page *page = test_free_block(test);
	unsigned long pfn = page_to_pfn(page), flags, marks;
	struct zone *zone = page_zone(page);

	if (!IS_ENABLED(CONFIG_MEMORY_ISOLATION))
		kunit_skip(test, "nothing isolates memory");

	/* Captured, and then its pageblocks are isolated: it has to wait. */
	KUNIT_ASSERT_EQ(test, 0,
			start_isolate_page_range(pfn, pfn + MAX_ORDER_NR_PAGES,
						 MIGRATE_MOVABLE, 0, GFP_KERNEL));
	page_hinting_kick();
	EVENTUALLY(test, !page_hinting_waiting() && !page_hinting_in_flight());
	KUNIT_EXPECT_TRUE(test, PageBuddy(page));
	KUNIT_EXPECT_EQ(test, __page_hinting_state(page), PAGE_HINTING_UNKNOWN);
	KUNIT_EXPECT_GE(test, page_hinting_missed(zone), MAX_ORDER_NR_PAGES);
	test_expect_even_ledgers(test);

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
	test_expect_even_ledgers(test);
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
	struct test_host *host = test->priv;

	EVENTUALLY(test, all_is_known());
	page_hinting_set_enabled(false);
	test_host_set_holds(host, true);
	page_hinting_set_enabled(true);
	for (rounds = 0; rounds < 30 && !all_is_known(); rounds++) {
		unsigned long begin = jiffies;

		EVENTUALLY(test, test_host_nr_held(host) || all_is_known());
		slow += jiffies - begin >= HZ * 9 / 10;
		/* Passes that do not try again come in between. */
		page_hinting_kick();
		msleep(100);
		while (test_host_answer(host, 0))
			;
	}
	KUNIT_EXPECT_GE(test, rounds, 10);
	KUNIT_EXPECT_LE(test, slow, rounds / 4);
	test_host_answer_all(host, 0);
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
	test_expect_even_ledgers(test);

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
	test_expect_even_ledgers(test);

	for (i = 1; i < 2 * NR_FREED; i += 2)
		if (pages[i])
			__free_pages(pages[i], FREED_ORDER);
	EVENTUALLY(test, all_is_known());
	test_expect_even_ledgers(test);
}

/*
 * What comes back when no pass is queued, and merges with free memory that was
 * too small to be captured: the whole is hinted, too.
 */
static void invariant_3_returned_late(struct kunit *test)
{
	unsigned int half = MAX_ORDER_NR_PAGES / 2, i;
	struct test_host *host = test->priv;
	struct page *page;

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(MAX_PAGE_ORDER - 1));
	EVENTUALLY(test, all_is_known());
	page = test_take_block(test);
	split_page(page, MAX_PAGE_ORDER);

	test_host_set_holds(host, true);
	for (i = 0; i < half; i++)
		__free_page(page + i);
	drain_all_pages(NULL);
	EVENTUALLY(test, test_host_nr_held(host));
	test_host_set_holds(host, false);

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(MAX_PAGE_ORDER));
	for (i = half; i < 2 * half; i++)
		__free_page(page + i);
	drain_all_pages(NULL);
	EVENTUALLY(test, is_quiet());
	test_host_answer_all(host, 0);
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_TRUE(test, PageReported(page));
	test_expect_even_ledgers(test);
}

/*
 * A captured block that its zone can't spare: with nothing in flight that could
 * come back it waits nowhere, takes nobody's place, and no pass runs for it.
 */
static void invariant_3_refused(struct kunit *test)
{
	struct page *page = test_take_block(test);
	struct zone *zone = page_zone(page);
	unsigned long high, passes;

	EVENTUALLY(test, all_is_known());
	high = test_set_high_watermark(zone, zone_managed_pages(zone));

	__free_pages(page, MAX_PAGE_ORDER);
	EVENTUALLY(test, !page_hinting_waiting());
	passes = page_hinting_count(HINT_PASSES);
	msleep(900);
	KUNIT_EXPECT_LE(test, page_hinting_count(HINT_PASSES) - passes, 5);
	KUNIT_EXPECT_EQ(test, zone->hinting.pages[PAGE_HINTING_CAPTURED], 0);
	KUNIT_EXPECT_GE(test, page_hinting_missed(zone), MAX_ORDER_NR_PAGES);

	test_set_high_watermark(zone, high);
	EVENTUALLY(test, all_is_known());
	test_expect_even_ledgers(test);
}

/*
 * A block's entry waits; the block is used and freed again, and captured with an
 * older time. Only the second entry is true.
 */
static void invariant_3_older_entry(struct kunit *test)
{
	struct page *page = test_freed_and_hinted(test);
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
	test_expect_even_ledgers(test);
}

static struct kunit_case hand_cases[] = {
	KUNIT_CASE(invariant_3_free_before),
	KUNIT_CASE(invariant_3_moved),
	KUNIT_CASE(invariant_3_isolated),
	KUNIT_CASE(invariant_3_older_entry),
	KUNIT_CASE(invariant_3_overflow),
	KUNIT_CASE(invariant_3_refused),
	KUNIT_CASE(invariant_3_returned_late),
	KUNIT_CASE(hand_finds_what_can_be_spared),
	KUNIT_CASE(hand_looks_at_each_place_once),
	KUNIT_CASE(hand_goes_on_with_each_answer),
	{}
};

static struct kunit_suite hand_suite = {
	.name = "page_hinting_hand",
	.init = test_host_init,
	.exit = test_host_exit,
	.test_cases = hand_cases,
};

kunit_test_suite(hand_suite);
