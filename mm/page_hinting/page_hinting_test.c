// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting. The first suites test the stages' logic
 * and the policy on data of their own; the last registers a device whose host
 * is the test, and so has the running kernel's free memory to hint. Tests
 * named for an invariant fail when it is broken.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"
#include "page_hinting_test.h"

/* Stage logic */

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

static void array_keeps_order(struct kunit *test)
{
	struct page_hinting_array array;
	struct page_hinting_entry entry;
	unsigned long i;

	small_array(test, &array);
	KUNIT_EXPECT_FALSE(test, page_hinting_array_peek(&array, &entry));
	for (i = 0; i < 3 * SMALL_ARRAY; i++) {
		KUNIT_EXPECT_TRUE(test, page_hinting_array_push(&array, i, 10 + i));
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
		KUNIT_EXPECT_TRUE(test, page_hinting_array_push(&array, i, 0));
	KUNIT_EXPECT_FALSE(test, page_hinting_array_push(&array, 99, 0));
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), SMALL_ARRAY);

	page_hinting_array_pop(&array);
	KUNIT_EXPECT_TRUE(test, page_hinting_array_push(&array, SMALL_ARRAY, 0));
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

/* Marks a page, which is the test's, as captured, and puts its entry. */
static void push_captured(struct page_hinting_array *array, struct page *page,
			  unsigned long time)
{
	page->hint_time = time;
	page->flags |= BIT(PG_captured);
	page_hinting_array_push(array, page_to_pfn(page), time);
}

static void unmark(struct page *page, unsigned int nr)
{
	while (nr--)
		page[nr].flags &= ~PAGE_HINTING_MARKS;
}

static void collects_what_is_old(struct kunit *test)
{
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
	KUNIT_EXPECT_EQ(test, pending->candidates[2].entry.pfn, pfn + 2);
	KUNIT_EXPECT_PTR_EQ(test, pending->candidates[2].zone,
			    page_zone(pfn_to_page(pfn)));
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 0);
	unmark(page, 3);
	__free_pages(page, 2);
}

static void collects_nothing_stale(struct kunit *test)
{
	struct page_hinting_pending *pending = new_pending(test);
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page_hinting_array array;

	KUNIT_ASSERT_NOT_NULL(test, page);
	small_array(test, &array);
	/* Used since, used and freed again since, hinted since; then a true one. */
	page_hinting_array_push(&array, page_to_pfn(page), 100);
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
	KUNIT_EXPECT_EQ(test, pending->candidates[0].entry.pfn,
			page_to_pfn(page + 3));
	unmark(page, 4);
	__free_pages(page, 2);
}

static void collects_no_more_than_fits(struct kunit *test)
{
	struct page_hinting_pending *pending = new_pending(test);
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	struct page_hinting_array array;

	KUNIT_ASSERT_NOT_NULL(test, page);
	small_array(test, &array);
	push_captured(&array, page, 0);
	push_captured(&array, page + 1, 0);
	pending->nr = PAGE_HINTING_MAX_PENDING - 1;
	page_hinting_collect_array(&array, pending, 100, 0);
	KUNIT_EXPECT_EQ(test, pending->nr, PAGE_HINTING_MAX_PENDING);
	KUNIT_EXPECT_EQ(test, page_hinting_array_count(&array), 1);
	unmark(page, 2);
	__free_pages(page, 1);
}

static void put(struct page_hinting_pending *pending, struct zone *zone,
		unsigned long pfn, unsigned long time)
{
	pending->candidates[pending->nr].zone = zone;
	pending->candidates[pending->nr].entry.pfn = pfn;
	pending->candidates[pending->nr++].entry.time = time;
}

static void sorts_and_drops_doubles(struct kunit *test)
{
	struct page_hinting_pending *pending = new_pending(test);
	static struct zone zones[2];	/* too large for the stack */
	long stale = atomic_long_read(&page_hinting_counters.stale);

	put(pending, &zones[1], 1024, 5);
	put(pending, &zones[0], 3072, -1UL);
	put(pending, &zones[0], 1024, 5);
	put(pending, &zones[0], 3072, 1);	/* newer: the time wrapped */
	put(pending, &zones[0], 2048, 9);
	put(pending, &zones[0], 3072, 0);
	page_hinting_sort(pending);

	KUNIT_ASSERT_EQ(test, pending->nr, 4);
	KUNIT_EXPECT_PTR_EQ(test, pending->candidates[0].zone, &zones[0]);
	KUNIT_EXPECT_EQ(test, pending->candidates[0].entry.pfn, 1024);
	KUNIT_EXPECT_EQ(test, pending->candidates[1].entry.pfn, 2048);
	KUNIT_EXPECT_EQ(test, pending->candidates[2].entry.pfn, 3072);
	KUNIT_EXPECT_EQ(test, pending->candidates[2].entry.time, 1);
	KUNIT_EXPECT_PTR_EQ(test, pending->candidates[3].zone, &zones[1]);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&page_hinting_counters.stale),
			stale + 2);
}

static struct page_hinting_batch *new_batch(struct kunit *test,
					    unsigned int max_ranges)
{
	struct page_hinting_batch *batch;

	batch = kunit_kzalloc(test, struct_size(batch, ranges, max_ranges),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, batch);
	return batch;
}

static void coalesces_neighbours(struct kunit *test)
{
	struct page_hinting_batch *batch = new_batch(test, 2);
	unsigned long pfn = some_pfns(test, 6);

	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, 2, pfn, 16));
	page_hinting_batch_add(batch, pfn, 16);
	page_hinting_batch_add(batch, pfn + 16, 16);
	KUNIT_EXPECT_EQ(test, batch->nr_ranges, 1);
	page_hinting_batch_add(batch, pfn + 48, 8);
	KUNIT_ASSERT_EQ(test, batch->nr_ranges, 2);

	/* No third range, but the second can grow. */
	KUNIT_EXPECT_FALSE(test, page_hinting_batch_fits(batch, 2, pfn + 60, 4));
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, 2, pfn + 56, 4));
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
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, 1, pfn, 2 * most));
	page_hinting_batch_add(batch, pfn, most - 1);
	KUNIT_EXPECT_TRUE(test, page_hinting_batch_fits(batch, 1, pfn + most - 1, 1));
	KUNIT_EXPECT_FALSE(test, page_hinting_batch_fits(batch, 1, pfn + most - 1, 2));
}

static void invariant_4_bounded(struct kunit *test)
{
	/* A zone of 64 MiB, free but for its watermark: half may go. */
	KUNIT_EXPECT_TRUE(test, page_hinting_spares(16384, 384, 0, 1024));
	KUNIT_EXPECT_TRUE(test, page_hinting_spares(9408, 384, 6976, 1024));
	KUNIT_EXPECT_FALSE(test, page_hinting_spares(8383, 384, 8001, 1024));
	/* The last block may go if the watermark stays. */
	KUNIT_EXPECT_TRUE(test, page_hinting_spares(1408, 384, 0, 1024));
	KUNIT_EXPECT_FALSE(test, page_hinting_spares(1407, 384, 0, 1024));
	/* Below the watermark nothing goes, whatever is in flight. */
	KUNIT_EXPECT_FALSE(test, page_hinting_spares(100, 384, 0, 1024));
	KUNIT_EXPECT_FALSE(test, page_hinting_spares(100, 384, 4096, 1024));
	KUNIT_EXPECT_FALSE(test, page_hinting_spares(0, 0, 0, 1));
}

static void invariant_4_not_of_others(struct kunit *test)
{
	static struct zone zone;	/* too large for the stack */

	atomic_long_set(&zone.vm_stat[NR_FREE_PAGES], 10000);
	KUNIT_EXPECT_EQ(test, page_hinting_usable(&zone, false), 10000);
	zone.nr_free_highatomic = 1000;
	KUNIT_EXPECT_EQ(test, page_hinting_usable(&zone, false), 9000);

	/* Only who is movable can have what is free in the areas for CMA. */
	atomic_long_set(&zone.vm_stat[NR_FREE_CMA_PAGES], 6000);
	KUNIT_EXPECT_EQ(test, page_hinting_usable(&zone, false), 3000);
	KUNIT_EXPECT_EQ(test, page_hinting_usable(&zone, true), 9000);
	atomic_long_set(&zone.vm_stat[NR_FREE_CMA_PAGES], 9999);
	KUNIT_EXPECT_EQ(test, page_hinting_usable(&zone, false), 0);
}

/* What can't be spared is missed again and again: that is no reason to look. */
static void sweeps_only_for_what_can_leave(struct kunit *test)
{
	static struct zone zone;	/* too large for the stack */

	zone._watermark[WMARK_HIGH] = 2000;
	zone.free_area[MAX_PAGE_ORDER].nr_free = 4;
	atomic_long_set(&zone.vm_stat[NR_FREE_PAGES], 2000 + MAX_ORDER_NR_PAGES);
	KUNIT_EXPECT_TRUE(test, page_hinting_uneven(&zone));

	atomic_long_set(&zone.vm_stat[NR_FREE_CMA_PAGES], 1600);
	KUNIT_EXPECT_TRUE(test, page_hinting_uneven(&zone));
	/* All that is missed may be what is not CMA's. */
	zone.hinting.hinted = 3 * MAX_ORDER_NR_PAGES;
	KUNIT_EXPECT_FALSE(test, page_hinting_uneven(&zone));
}

static struct kunit_case stage_cases[] = {
	KUNIT_CASE(array_keeps_order),
	KUNIT_CASE(array_refuses_when_full),
	KUNIT_CASE(collects_what_is_old),
	KUNIT_CASE(collects_nothing_stale),
	KUNIT_CASE(collects_no_more_than_fits),
	KUNIT_CASE(sorts_and_drops_doubles),
	KUNIT_CASE(coalesces_neighbours),
	KUNIT_CASE(batch_is_bounded),
	KUNIT_CASE(invariant_4_bounded),
	KUNIT_CASE(invariant_4_not_of_others),
	KUNIT_CASE(sweeps_only_for_what_can_leave),
	{}
};

static struct kunit_suite stage_suite = {
	.name = "page_hinting_stages",
	.test_cases = stage_cases,
};

/* The policy */

#define MIN_MS	20
#define MAX_MS	2000
#define COLD	(SZ_128M >> PAGE_SHIFT)	/* of a guest of 2 GiB */
#define HALF	(SZ_512M >> PAGE_SHIFT)

static unsigned int best_age(const struct page_hinting_history *past)
{
	return page_hinting_best_age(past, COLD, MIN_MS, MAX_MS);
}

static unsigned int bucket_of(unsigned int ms)
{
	return order_base_2(ms);
}

/*
 * A guest that uses @nr_pages again whenever they were free for @pause_ms, for
 * @ms; lives with the ages that the policy chooses. Returns the pages that
 * were hinted for nothing.
 */
static u64 churn(struct page_hinting_history *past, unsigned long nr_pages,
		 unsigned int pause_ms, unsigned int ms)
{
	unsigned long left = 0;
	unsigned int time, age;
	u64 regretted = 0;

	for (time = 0; time < ms; time += pause_ms) {
		age = best_age(past);
		past->reused[bucket_of(pause_ms)] += nr_pages;
		if (pause_ms > age) {
			past->hinted += nr_pages;
			past->regretted += nr_pages;
			regretted += nr_pages;
		}
		left = page_hinting_fade(past, left + msecs_to_jiffies(pause_ms),
					 MAX_MS);
	}
	return regretted;
}

static void policy_starts_short(struct kunit *test)
{
	struct page_hinting_history past = {};

	KUNIT_EXPECT_EQ(test, best_age(&past), MIN_MS);
	/* Memory that is used again at once is no reason to wait. */
	past.reused[bucket_of(10)] = 100 * HALF;
	KUNIT_EXPECT_EQ(test, best_age(&past), MIN_MS);
	/* Nor is a little. */
	past.reused[bucket_of(400)] = COLD / 16;
	KUNIT_EXPECT_EQ(test, best_age(&past), MIN_MS);
}

static void policy_backs_off(struct kunit *test)
{
	static const unsigned int pauses[] = { 30, 50, 100, 400, 700, 1100, 1900 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		struct page_hinting_history past = {};
		u64 regretted = churn(&past, HALF, pauses[i], 10000);

		KUNIT_EXPECT_GE(test, best_age(&past), pauses[i]);
		KUNIT_EXPECT_LE(test, best_age(&past), 2 * pauses[i]);
		/* Once or twice to learn it, then never. */
		KUNIT_EXPECT_LE(test, regretted, 2 * HALF);
	}
}

static void policy_recovers(struct kunit *test)
{
	struct page_hinting_history past = {};
	unsigned int waited;

	churn(&past, HALF, 400, 60000);
	KUNIT_EXPECT_GE(test, best_age(&past), 400);
	for (waited = 0; best_age(&past) > MIN_MS && waited < 60; waited++)
		page_hinting_fade(&past, HZ, MAX_MS);
	KUNIT_EXPECT_LT(test, waited, 60);

	/* Sooner if much turns out to stay free. */
	churn(&past, HALF, 400, 2000);
	past.hinted += 20 * HALF;
	KUNIT_EXPECT_EQ(test, best_age(&past), MIN_MS);
}

static void policy_does_not_oscillate(struct kunit *test)
{
	struct page_hinting_history past = {};
	unsigned int i, age, changes = 0;

	churn(&past, HALF, 100, 2000);
	age = best_age(&past);
	for (i = 0; i < 1000; i++) {
		churn(&past, HALF, 100, 100);
		changes += best_age(&past) != age;
		age = best_age(&past);
	}
	KUNIT_EXPECT_EQ(test, changes, 0);
}

static void policy_is_bounded(struct kunit *test)
{
	struct page_hinting_history past = {};
	unsigned int i;

	/* As much as there can be of everything, and it does not overflow. */
	for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
		past.reused[i] = 1ULL << 40;
	past.hinted = 1ULL << 40;
	KUNIT_EXPECT_LE(test, best_age(&past), MAX_MS);
	KUNIT_EXPECT_GE(test, best_age(&past), MIN_MS);
	KUNIT_EXPECT_LE(test, page_hinting_best_age(&past, COLD, 0,
						    PAGE_HINTING_AGE_MS_MAX),
			PAGE_HINTING_AGE_MS_MAX);
	/* An age that is not to be chosen. */
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 100, 100), 100);
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 100, 0), 100);
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 0, 0), 0);

	/* History ends, however long ago it was. */
	page_hinting_fade(&past, ULONG_MAX, MAX_MS);
	KUNIT_EXPECT_EQ(test, best_age(&past), MIN_MS);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(policy_starts_short),
	KUNIT_CASE(policy_backs_off),
	KUNIT_CASE(policy_recovers),
	KUNIT_CASE(policy_does_not_oscillate),
	KUNIT_CASE(policy_is_bounded),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "page_hinting_policy",
	.test_cases = policy_cases,
};

/* The engine, with a host that the test plays */

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
	unsigned int min_order;
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
	host->age_ms = page_hinting_age_ms;
	host->min_order = page_hinting_min_order;
	host->age_max_ms = page_hinting_age_max_ms;

	error = page_hinting_register(&host->device);
	if (error == -EBUSY)
		kunit_skip(test, "a device has the engine");
	KUNIT_ASSERT_EQ(test, error, 0);
	test->priv = host;

	/* Whatever is used again, so that it is the same at any speed. */
	WRITE_ONCE(page_hinting_age_ms, 20);
	WRITE_ONCE(page_hinting_age_max_ms, 20);
	page_hinting_reconsider();
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
}

static void set_holds(struct host *host, bool holds)
{
	spin_lock_irq(&host->lock);
	host->holds = holds;
	spin_unlock_irq(&host->lock);
}

static void free_a_block(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	__free_pages(page, MAX_PAGE_ORDER);
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
	unsigned int i, nr_ranges;
	long isolated;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		hold_a_batch(test);
		KUNIT_EXPECT_GT(test, atomic_long_read(&page_hinting_in_flight), 0);
		KUNIT_EXPECT_EQ(test, pages_in_ledgers(),
				atomic_long_read(&page_hinting_in_flight));
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
	host->report_error = -ENOSPC;
	page_hinting_resume(&host->device);
	page_hinting_pause(&host->device);
	host_answer_all(host, -EIO);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&page_hinting_in_flight), 0);
	KUNIT_EXPECT_EQ(test, pages_in_ledgers(), 0);
	isolated = atomic_long_read(&page_hinting_counters.isolated);
	KUNIT_EXPECT_EQ(test, isolated,
			atomic_long_read(&page_hinting_counters.returned));
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

/* Free pages of a zone from an order on, by the marks of their blocks. */
static void count_marked(struct zone *zone, unsigned int order,
			 unsigned long nr_pages[4])
{
	for (; order < NR_PAGE_ORDERS; order++) {
		struct list_head *list = zone->free_area[order].free_list;
		struct page *page;

		for (; list < zone->free_area[order].free_list + MIGRATE_TYPES; list++)
			list_for_each_entry(page, list, buddy_list)
				nr_pages[PageCaptured(page) + 2 * PageReported(page)] +=
					1UL << order;
	}
}

static void expect_even_ledgers(struct kunit *test)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long counted[4] = {}, noted[4], flags;

		spin_lock_irqsave(&zone->lock, flags);
		count_marked(zone, page_hinting_min_order, counted);
		noted[0] = page_hinting_missed(zone);
		noted[1] = zone->hinting.captured;
		noted[2] = zone->hinting.hinted;
		noted[3] = zone->hinting.unhintable;
		spin_unlock_irqrestore(&zone->lock, flags);

		KUNIT_EXPECT_EQ(test, counted[0], noted[0]);
		KUNIT_EXPECT_EQ(test, counted[1], noted[1]);
		KUNIT_EXPECT_EQ(test, counted[2], noted[2]);
		KUNIT_EXPECT_EQ(test, counted[3], noted[3]);
	}
}

static void invariant_3_free_before(struct kunit *test)
{
	struct zone *zone;
	unsigned long hinted = 0;

	/* All that was free when the device came. */
	EVENTUALLY(test, all_is_known());
	for_each_populated_zone(zone)
		hinted += zone->hinting.hinted;
	KUNIT_EXPECT_GT(test, hinted, 0);
	expect_even_ledgers(test);
}

/* A block that was freed, and that the host has had since then. */
static struct page *freed_and_hinted(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);

	KUNIT_ASSERT_NOT_NULL(test, page);
	__free_pages(page, MAX_PAGE_ORDER);
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

static void sweeps_what_can_be_spared(struct kunit *test)
{
	struct page *page = freed_and_hinted(test);
	struct zone *zone = page_zone(page);
	unsigned long flags, high, sweeps;
	bool moved;

	/* Missed, in a zone that has come to its watermark. */
	spin_lock_irqsave(&zone->lock, flags);
	high = zone->_watermark[WMARK_HIGH];
	zone->_watermark[WMARK_HIGH] = zone_managed_pages(zone);
	moved = move_unnoticed(page);
	sweeps = atomic_long_read(&page_hinting_counters.sweeps);
	page_hinting_kick();
	spin_unlock_irqrestore(&zone->lock, flags);
	msleep(300);
	KUNIT_EXPECT_EQ(test, sweeps,
			atomic_long_read(&page_hinting_counters.sweeps));
	KUNIT_EXPECT_GT(test, page_hinting_missed(zone), 0);

	spin_lock_irqsave(&zone->lock, flags);
	zone->_watermark[WMARK_HIGH] = high;
	page_hinting_kick();
	spin_unlock_irqrestore(&zone->lock, flags);
	KUNIT_ASSERT_TRUE(test, moved);
	EVENTUALLY(test, all_is_known());
}

static void invariant_3_isolated(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	unsigned long pfn, flags, marks;
	struct zone *zone;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);
	__free_pages(page, MAX_PAGE_ORDER);

	/* Captured, and then its pageblocks are isolated: it has to wait. */
	KUNIT_ASSERT_EQ(test, 0,
			start_isolate_page_range(pfn, pfn + MAX_ORDER_NR_PAGES,
						 MIGRATE_MOVABLE, 0, GFP_KERNEL));
	page_hinting_kick();
	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_TRUE(test, PageBuddy(page));
	KUNIT_EXPECT_FALSE(test, PageReported(page) && !PageCaptured(page));
	expect_even_ledgers(test);

	/* As memory that comes on line is freed: it gets no mark. */
	zone = page_zone(page);
	spin_lock_irqsave(&zone->lock, flags);
	if (page->flags & PAGE_HINTING_MARKS)
		__page_hinting_taken(zone, page, MAX_PAGE_ORDER);
	__page_hinting_free(zone, page, MAX_PAGE_ORDER);
	marks = page->flags & PAGE_HINTING_MARKS;
	spin_unlock_irqrestore(&zone->lock, flags);
	KUNIT_EXPECT_EQ(test, marks, 0);

	undo_isolate_page_range(pfn, pfn + MAX_ORDER_NR_PAGES, MIGRATE_MOVABLE);
	EVENTUALLY(test, all_is_known() && PageBuddy(page) &&
		   PageReported(page) && !PageCaptured(page));
	expect_even_ledgers(test);
}

#define NR_FREED	5000
#define FREED_ORDER	4

static void invariant_3_overflow(struct kunit *test)
{
	unsigned long before = page_hinting_arrays_overflowed();
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
	KUNIT_EXPECT_GT(test, page_hinting_arrays_overflowed(), before);
	expect_even_ledgers(test);

	WRITE_ONCE(page_hinting_age_ms, 20);
	/* The pass that was put off for a minute comes with a restart. */
	page_hinting_set_enabled(false);
	page_hinting_set_enabled(true);
	EVENTUALLY(test, all_is_known());
	expect_even_ledgers(test);

	for (i = 1; i < 2 * NR_FREED; i += 2)
		if (pages[i])
			__free_pages(pages[i], FREED_ORDER);
	EVENTUALLY(test, all_is_known());
	expect_even_ledgers(test);
}

static bool is_quiet(void)
{
	long passes = atomic_long_read(&page_hinting_counters.passes);

	msleep(1000);
	return passes == atomic_long_read(&page_hinting_counters.passes);
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
	page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, page);
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

static void invariant_5_recall(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long returned;

	EVENTUALLY(test, all_is_known());
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(page_hinting_returned()));

	hold_a_batch(test);
	returned = page_hinting_returned();
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall(returned));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&page_hinting_in_flight), 0);
	KUNIT_EXPECT_TRUE(test, page_hinting_recalling());
	/* Another that looked before it came back; one that looked since. */
	KUNIT_EXPECT_TRUE(test, page_hinting_recall(returned));
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(page_hinting_returned()));
	/* And then it goes on. */
	EVENTUALLY(test, !page_hinting_recalling());
	hold_a_batch(test);
}

/* A wait in vain is not repeated, whatever comes back without an answer. */
static void invariant_5_stuck_host(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long begin;
	unsigned int reports;

	hold_a_batch(test);
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(page_hinting_returned()));
	EVENTUALLY(test, !page_hinting_recalling());

	reports = host->nr_reports;
	host->report_error = -EIO;
	free_a_block(test);
	EVENTUALLY(test, host->nr_reports > reports);
	begin = jiffies;
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_LT(test, jiffies - begin, HZ);

	/* One answer, and it is waited for again. */
	host->report_error = 0;
	host_answer_all(host, 0);
	hold_a_batch(test);
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall(page_hinting_returned()));
}

/* Switching hinting off does not bring back what is in flight. */
static void invariant_5_recall_while_off(struct kunit *test)
{
	struct host *host = test->priv;

	hold_a_batch(test);
	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_enabled(false));
	KUNIT_EXPECT_GT(test, atomic_long_read(&page_hinting_in_flight), 0);
	schedule_delayed_work(&host->late, HZ / 5);
	KUNIT_EXPECT_TRUE(test, page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&page_hinting_in_flight), 0);
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

	KUNIT_EXPECT_GT(test, atomic_long_read(&page_hinting_in_flight), 0);
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

static void what_a_drain_completes_is_old(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	unsigned long since = jiffies - 3 * HZ;

	KUNIT_ASSERT_NOT_NULL(test, page);
	WRITE_ONCE(page_hinting_draining, since);
	__free_pages(page, MAX_PAGE_ORDER);
	WRITE_ONCE(page_hinting_draining, 0);
	KUNIT_EXPECT_EQ(test, page->hint_time, since);
	EVENTUALLY(test, all_is_known());
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
		unsigned long counted[4] = {};

		spin_lock_irqsave(&zone->lock, flags);
		count_marked(zone, 0, counted);
		spin_unlock_irqrestore(&zone->lock, flags);
		marked += counted[1] + counted[2] + counted[3];
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
	KUNIT_CASE(invariant_3_overflow),
	KUNIT_CASE(invariant_3_returned_late),
	KUNIT_CASE(invariant_5_recall),
	KUNIT_CASE(invariant_5_stuck_host),
	KUNIT_CASE(invariant_5_recall_while_off),
	KUNIT_CASE(invariant_5_allocation),
	KUNIT_CASE(invariant_5_who_waits),
	KUNIT_CASE(sweeps_what_can_be_spared),
	KUNIT_CASE(hints_once_until_used),
	KUNIT_CASE(what_a_drain_completes_is_old),
	KUNIT_CASE(failed_hints_are_tried_again),
	KUNIT_CASE(min_order_keeps_the_ledger),
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

kunit_test_suites(&stage_suite, &policy_suite, &host_suite);

MODULE_DESCRIPTION("KUnit tests for free page hinting");
MODULE_LICENSE("GPL");
