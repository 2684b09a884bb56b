// SPDX-License-Identifier: GPL-2.0
/* KUnit tests for free page hinting: per-CPU page lists after a burst. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "../internal.h"
#include "page_hinting_test.h"

#define NR_BURST	12

static void take_burst(struct kunit *test, struct page **blocks)
{
	unsigned int n;

	EVENTUALLY(test, all_is_known());
	for (n = 0; n < NR_BURST; n++)
		blocks[n] = test_take_block(test);
}

/* Frees a burst, the first two blocks page by page: the per-CPU lists have them then. */
static void free_in_pages(struct page **blocks)
{
	unsigned int i, n;

	for (n = 2; n < NR_BURST; n++)
		__free_pages(blocks[n], MAX_PAGE_ORDER);
	for (n = 0; n < 2; n++) {
		split_page(blocks[n], MAX_PAGE_ORDER);
		for (i = 0; i < MAX_ORDER_NR_PAGES; i++)
			__free_page(blocks[n] + i);
	}
}

static bool is_whole(struct page *block)
{
	return PageBuddy(block) && buddy_order(block) == MAX_PAGE_ORDER;
}

/* Of one a page may have been taken by somebody else meanwhile. */
static bool is_back(struct page **blocks)
{
	return (is_whole(blocks[0]) && PageReported(blocks[0])) ||
	       (is_whole(blocks[1]) && PageReported(blocks[1]));
}

static void drained_is_as_old_as_the_burst(struct kunit *test)
{
	struct page *blocks[NR_BURST];
	unsigned long begin, took;
	unsigned int n;

	/* On a CPU that others keep busy it is drained later, and younger. */
	for (n = 0, took = 6 * HZ; n < 3 && took >= 6 * HZ; n++) {
		test_set_age(20);
		take_burst(test, blocks);
		test_set_age(4000);
		free_in_pages(blocks);
		begin = jiffies;
		KUNIT_EXPECT_FALSE(test, is_whole(blocks[0]) && is_whole(blocks[1]));
		EVENTUALLY(test, is_back(blocks));
		took = jiffies - begin;
	}
	KUNIT_EXPECT_LT(test, took, 6 * HZ);
}

/* It is about to use them; and when it idles, they are drained. */
static void busy_cpu_keeps_its_lists(struct kunit *test)
{
	struct page *blocks[NR_BURST];
	unsigned long end;

	take_burst(test, blocks);
	migrate_disable();
	free_in_pages(blocks);
	for (end = jiffies + HZ; time_before(jiffies, end); )
		cond_resched();
	KUNIT_EXPECT_FALSE(test, is_whole(blocks[0]) && is_whole(blocks[1]));
	migrate_enable();
	EVENTUALLY(test, is_back(blocks));
}

static struct kunit_case drain_cases[] = {
	KUNIT_CASE_SLOW(drained_is_as_old_as_the_burst),
	KUNIT_CASE_SLOW(busy_cpu_keeps_its_lists),
	{}
};

static struct kunit_suite drain_suite = {
	.name = "page_hinting_drain",
	.init = test_host_init,
	.exit = test_host_exit,
	.test_cases = drain_cases,
};

kunit_test_suite(drain_suite);
