// SPDX-License-Identifier: GPL-2.0
/* KUnit tests for free page hinting: the policy, on a history of the test's. */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>

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

kunit_test_suite(policy_suite);
