// SPDX-License-Identifier: GPL-2.0
/* KUnit tests for free page hinting: the policy, on a history and zones of the test's. */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vmstat.h>

#include "internal.h"

/* All times in jiffies. */
#define SHORTEST	20
#define LONGEST	2000
#define COLD	(SZ_128M >> PAGE_SHIFT)	/* of a guest of 2 GiB */
#define HALF	(SZ_512M >> PAGE_SHIFT)

static unsigned int best_age(const struct page_hinting_history *past)
{
	return page_hinting_best_age(past, COLD, SHORTEST, LONGEST);
}

static unsigned int bucket_of(unsigned int time)
{
	return order_base_2(time);
}

/*
 * A guest that uses @nr_pages again whenever they were free for @pause, until
 * @end; lives with the ages that the policy chooses. Returns the pages that
 * were hinted for nothing.
 */
static u64 churn(struct page_hinting_history *past, unsigned long nr_pages,
		 unsigned int pause, unsigned int end)
{
	unsigned long left = 0;
	unsigned int time, age;
	u64 regretted = 0;

	for (time = 0; time < end; time += pause) {
		age = best_age(past);
		past->reused[bucket_of(pause)] += nr_pages;
		if (pause > age)
			regretted += nr_pages;
		left = page_hinting_fade(past, left + pause, LONGEST);
	}
	return regretted;
}

static void policy_starts_short(struct kunit *test)
{
	struct page_hinting_history past = {};

	KUNIT_EXPECT_EQ(test, best_age(&past), SHORTEST);
	/* Memory that is used again at once is no reason to wait. */
	past.reused[bucket_of(10)] = 100 * HALF;
	KUNIT_EXPECT_EQ(test, best_age(&past), SHORTEST);
	/* Nor is a little. */
	past.reused[bucket_of(400)] = COLD / 16;
	KUNIT_EXPECT_EQ(test, best_age(&past), SHORTEST);
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

/* As at 100 Hz, where the longest age is in the middle of a bucket. */
static void policy_knows_what_the_longest_age_holds(struct kunit *test)
{
	struct page_hinting_history past = {};

	past.reused[bucket_of(150)] = 2 * HALF;
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 2, 200), 200);
}

static void policy_recovers(struct kunit *test)
{
	struct page_hinting_history past = {};
	unsigned long left = 0;
	unsigned int waited;

	churn(&past, HALF, 400, 60000);
	KUNIT_EXPECT_GE(test, best_age(&past), 400);
	for (waited = 0; best_age(&past) > SHORTEST && waited < 60; waited++)
		left = page_hinting_fade(&past, left + LONGEST / 2, LONGEST);
	KUNIT_EXPECT_LT(test, waited, 60);

	/* Sooner if much turns out to stay free. */
	churn(&past, HALF, 400, 2000);
	past.cold += 20 * HALF;
	KUNIT_EXPECT_EQ(test, best_age(&past), SHORTEST);
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
	past.cold = 1LL << 40;
	KUNIT_EXPECT_LE(test, best_age(&past), LONGEST);
	KUNIT_EXPECT_GE(test, best_age(&past), SHORTEST);
	KUNIT_EXPECT_LE(test, page_hinting_best_age(&past, COLD, 0,
						    PAGE_HINTING_AGE_MS_MAX),
			PAGE_HINTING_AGE_MS_MAX);
	/* An age that is not to be chosen. */
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 100, 100), 100);
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 100, 0), 100);
	KUNIT_EXPECT_EQ(test, page_hinting_best_age(&past, COLD, 0, 0), 0);

	/* History ends, however long ago it was. */
	page_hinting_fade(&past, ULONG_MAX, LONGEST);
	KUNIT_EXPECT_EQ(test, best_age(&past), SHORTEST);
}

static struct zone *new_zone(struct kunit *test, unsigned long managed,
			     unsigned long high, unsigned long free)
{
	struct zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, zone);
	spin_lock_init(&zone->lock);
	atomic_long_set(&zone->managed_pages, managed);
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], free);
	zone->_watermark[WMARK_HIGH] = high;
	return zone;
}

static bool spares(struct zone *zone, unsigned long usable,
		   unsigned long in_flight, unsigned long nr_pages)
{
	return page_hinting_spares(zone, usable, in_flight, nr_pages);
}

static void invariant_4_bounded(struct kunit *test)
{
	struct zone *zone = new_zone(test, 65536, 384, 0);

	/* Much is free: a 64th of the zone may be in flight. */
	KUNIT_EXPECT_TRUE(test, spares(zone, 50000, 512, 512));
	KUNIT_EXPECT_FALSE(test, spares(zone, 50000, 513, 512));
	/* Little is free: half of what is above the watermark. */
	KUNIT_EXPECT_TRUE(test, spares(zone, 1920, 512, 512));
	KUNIT_EXPECT_FALSE(test, spares(zone, 1919, 512, 512));
	/* The last block may go if the watermark stays. */
	KUNIT_EXPECT_TRUE(test, spares(zone, 1408, 0, 1024));
	KUNIT_EXPECT_FALSE(test, spares(zone, 1407, 0, 1024));
	/* However large it is. */
	KUNIT_EXPECT_TRUE(test, spares(zone, 9000, 0, 8192));
	/* Below the watermark nothing goes, whatever is in flight. */
	KUNIT_EXPECT_FALSE(test, spares(zone, 100, 0, 1024));
	KUNIT_EXPECT_FALSE(test, spares(zone, 100, 4096, 1024));
	KUNIT_EXPECT_FALSE(test, spares(zone, 0, 0, 385));
}

static void invariant_4_not_of_others(struct kunit *test)
{
	struct zone *zone = new_zone(test, 65536, 0, 10000);

	KUNIT_EXPECT_EQ(test, page_hinting_usable(zone), 10000);
	zone->nr_free_highatomic = 1000;
	KUNIT_EXPECT_EQ(test, page_hinting_usable(zone), 9000);

	/* Only who is movable can have what is free in the areas for CMA. */
	atomic_long_set(&zone->vm_stat[NR_FREE_CMA_PAGES], 6000);
	KUNIT_EXPECT_EQ(test, page_hinting_usable(zone), 3000);
	atomic_long_set(&zone->vm_stat[NR_FREE_CMA_PAGES], 9999);
	KUNIT_EXPECT_EQ(test, page_hinting_usable(zone), 0);
}

/* What is regretted is what was freed last. */
static void regrets_the_newest(struct kunit *test)
{
	struct zone *zone = new_zone(test, 65536, 0, 65536);
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned int bucket = order_base_2(HZ / 2);
	unsigned long regretted, now = jiffies;

	/* With the longest age that is set. */
	page_hinting_learn();
	spin_lock_irq(&zone->lock);
	page_hinting_note_hinted(zone, now - PAGE_HINTING_LONG_AGO, 512);
	KUNIT_EXPECT_EQ(test, ledger->recent, 0);

	/* Free for half the longest age when the next was freed: half of it. */
	page_hinting_note_hinted(zone, now - HZ * 3 / 2, 1024);
	page_hinting_note_hinted(zone, now - HZ / 2, 1024);
	KUNIT_EXPECT_GE(test, ledger->recent, 1500);
	KUNIT_EXPECT_LE(test, ledger->recent, 1600);

	regretted = page_hinting_count(HINT_REGRETTED);
	page_hinting_note_regretted(zone, 1024);
	KUNIT_EXPECT_EQ(test, ledger->lately.reused[bucket] +
			ledger->lately.reused[bucket + 1], 1024);
	page_hinting_note_regretted(zone, 1024);
	KUNIT_EXPECT_EQ(test, ledger->recent, 0);
	page_hinting_note_regretted(zone, 1024);
	KUNIT_EXPECT_EQ(test, page_hinting_count(HINT_REGRETTED) - regretted, 2);
	KUNIT_EXPECT_GE(test, ledger->lately.cold, 2048 - 1600);
	KUNIT_EXPECT_LE(test, ledger->lately.cold, 2048 - 1500);

	/* What is older than the longest age ends. */
	page_hinting_note_hinted(zone, now - 3 * HZ, 512);
	page_hinting_note_regretted(zone, 512);
	KUNIT_EXPECT_EQ(test, page_hinting_count(HINT_REGRETTED) - regretted, 2);
	page_hinting_note_hinted(zone, now, 512);
	spin_unlock_irq(&zone->lock);
	KUNIT_EXPECT_EQ(test, ledger->recent, 512);
}

/* What a slow host makes too late is regretted if the burst began in time. */
static void regrets_what_a_burst_makes_late(struct kunit *test)
{
	struct zone *zone = new_zone(test, 65536, 0, 65536);
	struct page_hinting_ledger *ledger = &zone->hinting;
	u64 *reused = ledger->lately.reused;
	unsigned long longest = msecs_to_jiffies(page_hinting_age_max_ms);
	unsigned int late = order_base_2(longest);
	unsigned long now = jiffies;

	page_hinting_learn();
	spin_lock_irq(&zone->lock);
	page_hinting_note_hinted(zone, now - longest - HZ / 2, 4 * 512);

	/* By itself it is too late, and begins another burst. */
	ledger->regretted_time = now - HZ / 4;
	page_hinting_note_regretted(zone, 512);
	KUNIT_EXPECT_EQ(test, reused[late], 0);
	KUNIT_EXPECT_EQ(test, ledger->burst_time, ledger->regretted_time);

	/* So it is if what it goes on with has taken longer than that. */
	ledger->burst_time = now - longest - HZ / 4;
	page_hinting_note_regretted(zone, 512);
	KUNIT_EXPECT_EQ(test, reused[late], 0);

	/* It is one that began in time. */
	ledger->burst_time = now - HZ;
	page_hinting_note_regretted(zone, 512);
	KUNIT_EXPECT_EQ(test, reused[late], 512);

	/* In time anyway, it counts as what it is. */
	ledger->recent_time = now - HZ / 2;
	page_hinting_note_regretted(zone, 512);
	spin_unlock_irq(&zone->lock);
	KUNIT_EXPECT_EQ(test, reused[order_base_2(HZ / 2)] +
			reused[order_base_2(HZ / 2) + 1], 512);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(invariant_4_bounded),
	KUNIT_CASE(invariant_4_not_of_others),
	KUNIT_CASE(regrets_the_newest),
	KUNIT_CASE(regrets_what_a_burst_makes_late),
	KUNIT_CASE(policy_starts_short),
	KUNIT_CASE(policy_backs_off),
	KUNIT_CASE(policy_knows_what_the_longest_age_holds),
	KUNIT_CASE(policy_recovers),
	KUNIT_CASE(policy_does_not_oscillate),
	KUNIT_CASE(policy_is_bounded),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "page_hinting_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
