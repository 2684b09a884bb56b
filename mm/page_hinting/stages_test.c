// SPDX-License-Identifier: GPL-2.0
/* KUnit tests for free page hinting: each stage, on data of the test's. */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "internal.h"

#define SMALL_ARRAY	8

static void small_array(struct kunit *test, struct page_hinting_array *array)
{
	memset(array, 0, sizeof(*array));
	array->entries = kunit_kcalloc(test, SMALL_ARRAY,
				       sizeof(*array->entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, array->entries);
	array->mask = SMALL_ARRAY - 1;
	/* Just before the counts wrap. */
	array->head = -3U;
	array->tail = -3U;
}

static bool push(struct page_hinting_array *array, unsigned long pfn,
		 unsigned long time)
{
	struct page_hinting_entry entry = { NULL, pfn, time };

	return page_hinting_array_push(array, &entry);
}

static void array_keeps_order(struct kunit *test)
{
	struct page_hinting_array array;
	struct page_hinting_entry entry;
	unsigned long i;

	small_array(test, &array);
	KUNIT_EXPECT_FALSE(test, page_hinting_array_peek(&array, &entry));
	for (i = 0; i < 3 * SMALL_ARRAY; i++) {
		KUNIT_EXPECT_TRUE(test, push(&array, i, 10 + i));
		KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 1);
		KUNIT_ASSERT_TRUE(test, page_hinting_array_peek(&array, &entry));
		KUNIT_EXPECT_EQ(test, entry.pfn, i);
		KUNIT_EXPECT_EQ(test, entry.time, 10 + i);
		page_hinting_array_pop(&array);
	}
	KUNIT_EXPECT_FALSE(test, page_hinting_array_peek(&array, &entry));
}

static void array_refuses_when_full(struct kunit *test)
{
	struct page_hinting_array array;
	struct page_hinting_entry entry;
	unsigned long i;

	small_array(test, &array);
	for (i = 0; i < SMALL_ARRAY; i++)
		KUNIT_EXPECT_TRUE(test, push(&array, i, 0));
	KUNIT_EXPECT_FALSE(test, push(&array, 99, 0));
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), SMALL_ARRAY);

	page_hinting_array_pop(&array);
	KUNIT_EXPECT_TRUE(test, push(&array, SMALL_ARRAY, 0));
	for (i = 1; i <= SMALL_ARRAY; i++) {
		KUNIT_ASSERT_TRUE(test, page_hinting_array_peek(&array, &entry));
		KUNIT_EXPECT_EQ(test, entry.pfn, i);
		page_hinting_array_pop(&array);
	}
}

static struct page_hinting_pending *new_pending(struct kunit *test)
{
	struct page_hinting_pending *pending;

	pending = kunit_kzalloc(test, sizeof(*pending), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pending);
	pending->room = ULONG_MAX;
	pending->ranges = PAGE_HINTING_MAX_PENDING;
	return pending;
}

/* Some page frames that exist, all in one zone. */
static unsigned long some_pfns(struct kunit *test, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	__free_pages(page, order);
	return page_to_pfn(page);
}

/* Makes a page, which is the test's, look like a captured block. */
static void mark(struct page *page, unsigned long time)
{
	/* Of an order that nobody looks for to merge with it. */
	set_page_private(page, NR_PAGE_ORDERS);
	__SetPageBuddy(page);
	page->hint_time = time;
	page->flags |= BIT(PG_captured);
}

/* The same, and puts its entry. */
static void push_captured(struct page_hinting_array *array, struct page *page,
			  unsigned long time)
{
	struct page_hinting_entry entry = {
		page_zone(page), page_to_pfn(page), time
	};

	mark(page, time);
	page_hinting_array_push(array, &entry);
}

static void unmark(struct page *page, unsigned int nr)
{
	while (nr--) {
		page[nr].flags &= ~PAGE_HINTING_MARKS;
		__ClearPageBuddy(page + nr);
		set_page_private(page + nr, 0);
	}
}

/* The counters have to add up for the tests that follow. */
static void forget_since(unsigned long waiting)
{
	page_hinting_count_add(HINT_STALE, page_hinting_waiting() - waiting);
}

static void collects_what_is_old(struct kunit *test)
{
	unsigned long waiting = page_hinting_waiting();
	struct page_hinting_pending *pending = new_pending(test);
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page_hinting_array array;
	unsigned long now = -2UL, pfn;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);
	small_array(test, &array);
	/* Times that wrap between the entries. */
	push_captured(&array, page, now - 10);
	push_captured(&array, page + 1, now);
	push_captured(&array, page + 2, now + 5);

	page_hinting_collect_array(&array, pending, now + 9, 20);
	KUNIT_EXPECT_EQ(test, pending->nr, 0);
	page_hinting_collect_array(&array, pending, now + 10, 20);
	KUNIT_EXPECT_EQ(test, pending->nr, 1);
	page_hinting_collect_array(&array, pending, now + 24, 20);
	KUNIT_EXPECT_EQ(test, pending->nr, 2);
	page_hinting_collect_array(&array, pending, now + 25, 20);
	KUNIT_EXPECT_EQ(test, pending->nr, 3);
	KUNIT_EXPECT_EQ(test, pending->candidates[2].pfn, pfn + 2);
	KUNIT_EXPECT_PTR_EQ(test, pending->candidates[2].zone,
			    page_zone(pfn_to_page(pfn)));
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 0);
	unmark(page, 3);
	__free_pages(page, 2);
	forget_since(waiting);
}

static void collects_nothing_stale(struct kunit *test)
{
	unsigned long waiting = page_hinting_waiting();
	struct page_hinting_pending *pending = new_pending(test);
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page_hinting_array array;

	KUNIT_ASSERT_NOT_NULL(test, page);
	small_array(test, &array);
	/* Used since, used and freed again since, hinted since; then a true one. */
	push_captured(&array, page, 100);
	page->flags &= ~BIT(PG_captured);
	push_captured(&array, page + 1, 100);
	page[1].hint_time = 105;
	push_captured(&array, page + 2, 100);
	page[2].flags |= BIT(PG_reported);
	page[2].flags &= ~BIT(PG_captured);
	push_captured(&array, page + 3, 100);

	/* However young they are; but a true one waits. */
	page_hinting_collect_array(&array, pending, 110, 20);
	KUNIT_EXPECT_EQ(test, pending->nr, 0);
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 1);
	page_hinting_collect_array(&array, pending, 120, 20);
	KUNIT_EXPECT_EQ(test, pending->nr, 1);
	KUNIT_EXPECT_EQ(test, pending->candidates[0].pfn,
			page_to_pfn(page + 3));
	unmark(page, 4);
	__free_pages(page, 2);
	forget_since(waiting);
}

static void collects_no_more_than_fits(struct kunit *test)
{
	unsigned long waiting = page_hinting_waiting();
	struct page_hinting_pending *pending = new_pending(test);
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page_hinting_array array;

	KUNIT_ASSERT_NOT_NULL(test, page);
	small_array(test, &array);
	push_captured(&array, page, 0);
	push_captured(&array, page + 1, 0);
	push_captured(&array, page + 2, 0);
	pending->nr = PAGE_HINTING_MAX_PENDING - 1;
	KUNIT_EXPECT_EQ(test, page_hinting_collect_array(&array, pending, 100, 0), 0);
	KUNIT_EXPECT_EQ(test, pending->nr, PAGE_HINTING_MAX_PENDING);
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 2);

	/* The device has no room; what is not true goes all the same. */
	page[1].flags &= ~BIT(PG_captured);
	pending->nr = 0;
	pending->room = pending->nr_pages;
	KUNIT_EXPECT_EQ(test, page_hinting_collect_array(&array, pending, 100, 0), 0);
	KUNIT_EXPECT_EQ(test, pending->nr, 0);
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 1);
	unmark(page, 3);
	__free_pages(page, 2);
	forget_since(waiting);
}

static void put(struct page_hinting_pending *pending, struct zone *zone,
		unsigned long pfn, unsigned long time)
{
	struct page_hinting_entry entry = { zone, pfn, time };

	pending->candidates[pending->nr++] = entry;
}

/* Of several entries for a block any can be the true one: none is dropped. */
static void sorts_and_keeps_all(struct kunit *test)
{
	struct page_hinting_pending *pending = new_pending(test);
	static struct zone zones[2];	/* too large for the stack */
	unsigned int i;

	put(pending, &zones[1], 1024, 5);
	put(pending, &zones[0], 3072, -1UL);
	put(pending, &zones[0], 1024, 5);
	put(pending, &zones[0], 3072, 1);
	put(pending, &zones[0], 2048, 9);
	page_hinting_sort(pending);

	KUNIT_ASSERT_EQ(test, pending->nr, 5);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ(test, pending->candidates[i].zone, &zones[0]);
	KUNIT_EXPECT_EQ(test, pending->candidates[0].pfn, 1024);
	KUNIT_EXPECT_EQ(test, pending->candidates[1].pfn, 2048);
	KUNIT_EXPECT_EQ(test, pending->candidates[2].pfn, 3072);
	KUNIT_EXPECT_EQ(test, pending->candidates[3].pfn, 3072);
	KUNIT_EXPECT_EQ(test, pending->candidates[2].time +
			pending->candidates[3].time, 0);
	KUNIT_EXPECT_PTR_EQ(test, pending->candidates[4].zone, &zones[1]);
}

static struct page_hinting_batch *new_batch(struct kunit *test,
					    unsigned int max_ranges)
{
	struct page_hinting_batch *batch;

	batch = kunit_kzalloc(test, struct_size(batch, ranges, max_ranges),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, batch);
	batch->max_ranges = max_ranges;
	return batch;
}

static void coalesces_neighbours(struct kunit *test)
{
	struct page_hinting_batch *batch = new_batch(test, 2);
	unsigned long pfn = some_pfns(test, 6);

	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, pfn, 16));
	page_hinting_batch_add(batch, pfn, 16);
	page_hinting_batch_add(batch, pfn + 16, 16);
	KUNIT_EXPECT_EQ(test, batch->nr_ranges, 1);
	page_hinting_batch_add(batch, pfn + 48, 8);
	KUNIT_ASSERT_EQ(test, batch->nr_ranges, 2);

	/* No third range, but the second can grow. */
	KUNIT_EXPECT_FALSE(test, page_hinting_batch_fits(batch, pfn + 60, 4));
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, pfn + 56, 4));
	page_hinting_batch_add(batch, pfn + 56, 4);

	KUNIT_EXPECT_EQ(test, batch->ranges[0].length, 32 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, batch->ranges[1].length, 12 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_to_pfn(sg_page(&batch->ranges[1])), pfn + 48);
	KUNIT_EXPECT_EQ(test, sg_nents(batch->ranges), 2);
	KUNIT_EXPECT_EQ(test, batch->nr_blocks, 4);
	KUNIT_EXPECT_EQ(test, batch->nr_pages, 44);
}

static void batch_is_bounded(struct kunit *test)
{
	struct page_hinting_batch *batch = new_batch(test, 1);
	unsigned long most = SZ_32M >> PAGE_SHIFT;
	unsigned long pfn = some_pfns(test, 0);

	/* Whatever its size, one block always fits. */
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, pfn, 2 * most));
	page_hinting_batch_add(batch, pfn, most - 1);
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, pfn + most - 1, 1));
	KUNIT_EXPECT_FALSE(test, page_hinting_batch_fits(batch, pfn + most - 1, 2));
}

/* Neighbours can lie in different memory of the host's. */
static void no_range_crosses_a_section(struct kunit *test)
{
	struct page_hinting_batch *batch = new_batch(test, 2);
	unsigned long border = SZ_128M >> PAGE_SHIFT;

#ifdef CONFIG_SPARSEMEM
	border = PAGES_PER_SECTION;
#endif
	border *= some_pfns(test, 0) / border ?: 1;
	if (!pfn_to_online_page(border - 1) || !pfn_to_online_page(border))
		kunit_skip(test, "no memory on both sides of a section's border");

	page_hinting_batch_add(batch, border - 32, 16);
	batch->max_ranges = 1;
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, border - 16, 16));
	page_hinting_batch_add(batch, border - 16, 16);
	KUNIT_EXPECT_EQ(test, batch->nr_ranges, 1);
	KUNIT_EXPECT_FALSE(test, page_hinting_batch_fits(batch, border, 16));
	batch->max_ranges = 2;
	page_hinting_batch_add(batch, border, 16);
	KUNIT_EXPECT_EQ(test, batch->nr_ranges, 2);
	KUNIT_EXPECT_EQ(test, batch->ranges[0].length, 32 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_to_pfn(sg_page(&batch->ranges[1])), border);
}

static struct kunit_case stage_cases[] = {
	KUNIT_CASE(array_keeps_order),
	KUNIT_CASE(array_refuses_when_full),
	KUNIT_CASE(collects_what_is_old),
	KUNIT_CASE(collects_nothing_stale),
	KUNIT_CASE(collects_no_more_than_fits),
	KUNIT_CASE(sorts_and_keeps_all),
	KUNIT_CASE(coalesces_neighbours),
	KUNIT_CASE(batch_is_bounded),
	KUNIT_CASE(no_range_crosses_a_section),
	{}
};

static struct kunit_suite stage_suite = {
	.name = "page_hinting_stages",
	.test_cases = stage_cases,
};

kunit_test_suite(stage_suite);
