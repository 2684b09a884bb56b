/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KUnit's tests of the engine and of the virtqueue both wait for; and the host that
 * the first play, in test_host.c.
 */
#ifndef _MM_PAGE_HINTING_TEST_H
#define _MM_PAGE_HINTING_TEST_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "internal.h"

#define EVENTUALLY(test, condition) do {				\
	unsigned long end = jiffies + 30 * HZ;				\
	bool happened;							\
									\
	while (!(happened = (condition)) && time_before(jiffies, end))	\
		msleep(20);						\
	KUNIT_EXPECT_TRUE_MSG(test, happened,				\
			      #condition " not within 30 s");		\
} while (0)

/* Nothing waits, so what is captured has lost its entry: invariant 3. */
static inline bool all_is_known(void)
{
	unsigned long captured = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		captured += READ_ONCE(zone->hinting.pages[PAGE_HINTING_CAPTURED]);
	return !page_hinting_anywhere(page_hinting_missed) && !page_hinting_waiting() &&
	       !page_hinting_in_flight() && !captured;
}

static inline bool is_quiet(void)
{
	unsigned long passes = page_hinting_count(HINT_PASSES);

	msleep(1000);
	return passes == page_hinting_count(HINT_PASSES);
}

/* Whatever is used again. In milliseconds. */
static inline void test_set_age(unsigned int age_ms)
{
	WRITE_ONCE(page_hinting_age_ms, age_ms);
	WRITE_ONCE(page_hinting_age_max_ms, age_ms);
}

/* What a test sets, as it was. */
struct test_settings {
	unsigned int age_ms, age_max_ms, min_order, cold_order, compacts;
};

/*
 * One age, so that it is the same at any speed; and no pieces, which come when they
 * have been free for seconds, but where the test asks for them.
 */
static inline void test_settings_begin(struct test_settings *settings)
{
	settings->age_ms = page_hinting_age_ms;
	settings->age_max_ms = page_hinting_age_max_ms;
	settings->min_order = page_hinting_min_order;
	settings->cold_order = page_hinting_cold_order;
	settings->compacts = page_hinting_compacts;
	test_set_age(20);
	page_hinting_set_cold_order(MAX_PAGE_ORDER);
	WRITE_ONCE(page_hinting_compacts, 0);
}

static inline void test_settings_end(struct test_settings *settings)
{
	WRITE_ONCE(page_hinting_age_ms, settings->age_ms);
	WRITE_ONCE(page_hinting_age_max_ms, settings->age_max_ms);
	page_hinting_set_min_order(settings->min_order);
	page_hinting_set_cold_order(settings->cold_order);
	WRITE_ONCE(page_hinting_compacts, settings->compacts);
}

#define TEST_BATCHES	4
#define TEST_RANGES	8

struct test_host {
	struct page_hinting_device device;
	spinlock_t lock;		/* protects what follows */
	struct page_hinting_batch *held[TEST_BATCHES];
	unsigned int nr_held;
	unsigned int nr_reports;
	unsigned long nr_pages;		/* that were reported */
	bool holds;			/* answers when the test says so */
	int error;			/* answers with this */
	int report_error;		/* takes no batch */
	struct test_settings settings;
	struct delayed_work late;
};

unsigned int test_host_nr_held(struct test_host *host);
bool test_host_answer(struct test_host *host, int error);
void test_host_answer_all(struct test_host *host, int error);
int test_host_init(struct kunit *test);
void test_host_exit(struct kunit *test);
void test_host_set_holds(struct test_host *host, bool holds);
struct page *test_take_block(struct kunit *test);
struct page *test_free_block(struct kunit *test);
unsigned long test_set_high_watermark(struct zone *zone, unsigned long pages);
void test_hold_batch(struct kunit *test);
struct page *test_freed_and_hinted(struct kunit *test);
bool test_move_unnoticed(struct page *page);
void test_count_marked(struct zone *zone, unsigned int order,
		       unsigned long nr_pages[PAGE_HINTING_STATES]);
void test_expect_even_ledgers(struct kunit *test);

#endif
