// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, policy: when a free block is hinted, and how much memory
 * may be with the host at a time.
 *
 * A block that is hinted too early costs a fault on the host when it is used
 * again; one that is hinted too late is held for nothing. That is the ski
 * rental problem: rent, hold the block for a while longer, or buy, give it
 * away and pay the fault. Whoever knows nothing of the future does best to
 * rent until the rent has come to the price. We know something: for how long
 * blocks stayed free before they were used again, lately. So the age is what
 * would have cost least lately, and the rent that equals the price is its
 * upper limit (A. Karlin et al., "Competitive randomized algorithms for
 * nonuniform problems", Algorithmica 11, 1994, section 2).
 *
 * A block's time from its free to its use is the same whatever the age, only
 * that beyond the age it was hinted in between. So what an age is chosen by
 * does not change by its being chosen: it can't oscillate. And what was
 * learned fades with time, so it can't stick.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include <trace/events/page_hinting.h>

#include "internal.h"

/*
 * With nothing learned. Longer than a program that frees memory in pieces
 * needs for one block, so that a pass finds many; nothing for who waits.
 */
unsigned int page_hinting_age_ms = 20;

/* What page reporting makes everything wait for. */
unsigned int page_hinting_age_max_ms = 2000;

/*
 * What is learned counts half after two of the longest ages: what is used
 * again once in such a time is to be remembered until the next. But not so
 * soon that a short longest age would make a few blocks a habit.
 */
#define HALF_LIFE_MIN		(4 * HZ)

/* Fading is done in steps of an eighth: 11/12 to the 8th is a half. */
#define FADE_STEPS		8

/*
 * Memory of which it is always assumed that it stays free: less than that,
 * freed and used again, is not worth making all the rest wait. A sixteenth of
 * the memory; and not so little that a few blocks on which processes come and
 * go would count.
 */
#define COLD_SHARE		16
#define COLD_MIN		(SZ_64M >> PAGE_SHIFT)

static DEFINE_PER_CPU(struct page_hinting_evidence, evidence);

/* The pass's. */
static struct page_hinting_evidence seen;
static struct page_hinting_history history;
static unsigned long learned;			/* in jiffies */
static unsigned int age_now_ms;

/* A slot of zone->hinting.recent, in jiffies. All of them are the longest age. */
static unsigned long slot_width(void)
{
	unsigned long max = msecs_to_jiffies(READ_ONCE(page_hinting_age_max_ms));

	return DIV_ROUND_UP(max, PAGE_HINTING_SLOTS) ?: 1;
}

/* Makes the slot of this moment the newest, and returns it. */
static unsigned long newest_slot(struct zone *zone, unsigned long width)
{
	unsigned long slot = jiffies / width;

	/* Never, or far away if the width has changed: all of it is old. */
	if (slot - zone->hinting.slot >= PAGE_HINTING_SLOTS) {
		memset(zone->hinting.recent, 0, sizeof(zone->hinting.recent));
		zone->hinting.slot = slot;
	}
	while (zone->hinting.slot != slot) {
		zone->hinting.slot++;
		zone->hinting.recent[zone->hinting.slot % PAGE_HINTING_SLOTS] = 0;
	}
	return slot;
}

/* Returns false if nobody would have held it for so long. */
static bool note_reused(unsigned long jiffies_free, unsigned long nr_pages)
{
	unsigned long longest = msecs_to_jiffies(READ_ONCE(page_hinting_age_max_ms));
	unsigned int ms;

	if (jiffies_free > longest)
		return false;
	ms = jiffies_to_msecs(jiffies_free);
	this_cpu_add(evidence.reused[order_base_2(max(ms, 1U))], nr_pages);
	return true;
}

/**
 * page_hinting_note_taken - a captured block is used again
 * @time: since when it was free, in jiffies
 * @nr_pages: its size in pages
 *
 * Context: the zone's lock held.
 */
void page_hinting_note_taken(unsigned long time, unsigned long nr_pages)
{
	note_reused(jiffies - time, nr_pages);
}

/**
 * page_hinting_note_regretted - a hinted block is used
 * @zone: its zone, the lock held
 * @nr_pages: its size in pages
 *
 * How long this very block was free says little: hinted blocks go to the tail
 * of the free lists, so the next one to be used is the one that was hinted
 * first. But if hinting had waited, the allocation would have got what was
 * freed last. So that is what it regrets.
 */
void page_hinting_note_regretted(struct zone *zone, unsigned long nr_pages)
{
	unsigned long width = slot_width(), left = nr_pages;
	unsigned long slot = newest_slot(zone, width), i;

	for (i = 0; left && i < PAGE_HINTING_SLOTS && i <= slot; i++) {
		u32 *recent = &zone->hinting.recent[(slot - i) % PAGE_HINTING_SLOTS];
		u32 nr = min_t(unsigned long, *recent, left);
		/* Freed in the middle of the slot, more or less. */
		unsigned long time = min((slot - i) * width + width / 2,
					 jiffies);

		if (!nr)
			continue;
		if (!note_reused(jiffies - time, nr))
			break;
		*recent -= nr;
		left -= nr;
	}
	if (left == nr_pages)
		return;
	this_cpu_add(evidence.regretted, nr_pages - left);
	atomic_long_inc(&page_hinting_counters.regretted);
}

/**
 * page_hinting_note_hinted - the host has a block
 * @zone: its zone, the lock held
 * @time: since when it is free, in jiffies
 * @nr_pages: its size in pages
 */
void page_hinting_note_hinted(struct zone *zone, unsigned long time,
			      unsigned long nr_pages)
{
	unsigned long width = slot_width();
	unsigned long slot = newest_slot(zone, width);

	/* Free before we came: nobody knows what it was used for. */
	if (jiffies - time >= PAGE_HINTING_LONG_AGO)
		return;

	this_cpu_add(evidence.hinted, nr_pages);
	if (slot - time / width < PAGE_HINTING_SLOTS)
		zone->hinting.recent[time / width % PAGE_HINTING_SLOTS] += nr_pages;
}

static void gather(struct page_hinting_evidence *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		struct page_hinting_evidence *one = per_cpu_ptr(&evidence, cpu);

		for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
			sum->reused[i] += READ_ONCE(one->reused[i]);
		sum->hinted += READ_ONCE(one->hinted);
		sum->regretted += READ_ONCE(one->regretted);
	}
}

static void fade(u64 *pages)
{
	*pages -= div_u64(*pages, 12);
}

/**
 * page_hinting_fade - let what was learned count less
 * @past: the history
 * @elapsed: for how long, in jiffies
 * @max_ms: the longest age, in milliseconds
 *
 * Return: how much of @elapsed was too little to count, in jiffies.
 */
unsigned long page_hinting_fade(struct page_hinting_history *past,
				unsigned long elapsed, unsigned int max_ms)
{
	unsigned long half_life = max(2 * msecs_to_jiffies(max_ms),
				      HALF_LIFE_MIN + 0UL);
	unsigned long step = half_life / FADE_STEPS;
	unsigned int i;

	if (elapsed > 16 * half_life) {
		memset(past, 0, sizeof(*past));
		return 0;
	}
	for (; elapsed >= step; elapsed -= step) {
		for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
			fade(&past->reused[i]);
		fade(&past->hinted);
		fade(&past->regretted);
	}
	return elapsed;
}

/* Hinted, and not used again. What was regretted may have faded less. */
static u64 cold_pages(const struct page_hinting_history *past)
{
	return past->hinted > past->regretted ?
	       past->hinted - past->regretted : 0;
}

/*
 * What an age would have cost, in pages times milliseconds of holding them.
 * A fault is worth holding the memory for @max_ms, see above.
 */
static u64 cost(const struct page_hinting_history *past, u64 assumed_cold,
		unsigned int age_ms, unsigned int max_ms)
{
	u64 sum = (cold_pages(past) + assumed_cold) * age_ms;
	unsigned int i;

	/* The bucket's memory was free for 2^(i - 1) to 2^i ms. */
	for (i = 0; i < PAGE_HINTING_BUCKETS && BIT(i) / 2 < max_ms; i++) {
		unsigned int mean_ms = BIT(i) - BIT(i) / 4;

		if (min(BIT(i), max_ms) <= age_ms)
			sum += past->reused[i] * min(mean_ms, age_ms);
		else
			sum += past->reused[i] * (age_ms + max_ms);
	}
	return sum;
}

/**
 * page_hinting_best_age - the age that would have cost least
 * @past: the history
 * @assumed_cold: pages, beside those in the history, that stay free
 * @min_ms: the shortest age to be chosen, in milliseconds
 * @max_ms: the longest
 *
 * Return: the age in milliseconds; @min_ms if @max_ms is not larger.
 */
unsigned int page_hinting_best_age(const struct page_hinting_history *past,
				   unsigned long assumed_cold,
				   unsigned int min_ms, unsigned int max_ms)
{
	u64 least = cost(past, assumed_cold, min_ms, max_ms);
	unsigned int best = min_ms, age = min_ms;

	/* Between the ends of the buckets an age only costs more. */
	while (age < max_ms) {
		u64 this;

		age = min(roundup_pow_of_two(age + 1), max_ms);
		this = cost(past, assumed_cold, age, max_ms);
		if (this < least) {
			least = this;
			best = age;
		}
	}
	return best;
}

/**
 * page_hinting_learn - choose the age anew, by what has happened
 *
 * Context: the pass.
 */
void page_hinting_learn(void)
{
	unsigned long assumed_cold = max(totalram_pages() / COLD_SHARE,
					 COLD_MIN);
	struct page_hinting_evidence sum;
	unsigned int max_ms = READ_ONCE(page_hinting_age_max_ms);
	unsigned long now = jiffies;
	unsigned int i, age_ms;

	learned = now - page_hinting_fade(&history, now - learned, max_ms);

	gather(&sum);
	for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
		history.reused[i] += sum.reused[i] - seen.reused[i];
	history.hinted += sum.hinted - seen.hinted;
	history.regretted += sum.regretted - seen.regretted;
	seen = sum;

	age_ms = page_hinting_best_age(&history, assumed_cold,
				       READ_ONCE(page_hinting_age_ms),
				       max_ms);
	if (age_ms == age_now_ms)
		return;
	trace_page_hinting_age(age_now_ms, age_ms, cold_pages(&history));
	WRITE_ONCE(age_now_ms, age_ms);
}

/**
 * page_hinting_unlearn - begin with nothing learned
 *
 * Context: no pass runs.
 */
void page_hinting_unlearn(void)
{
	gather(&seen);
	memset(&history, 0, sizeof(history));
	learned = jiffies;
	WRITE_ONCE(age_now_ms, READ_ONCE(page_hinting_age_ms));
}

/**
 * page_hinting_age_now_ms - the age that the policy has chosen
 *
 * Return: the time in milliseconds.
 */
unsigned int page_hinting_age_now_ms(void)
{
	return READ_ONCE(age_now_ms);
}

/**
 * page_hinting_age - how long a block has to be free before it is hinted
 *
 * Return: the time in jiffies.
 */
unsigned long page_hinting_age(void)
{
	return msecs_to_jiffies(page_hinting_age_now_ms());
}

/**
 * page_hinting_spares - whether a zone can spare a block for a while
 * @free: free pages of the zone that anybody may have
 * @high: its high watermark in pages
 * @in_flight: pages of the zone that are in flight
 * @nr_pages: size of the block in pages
 *
 * Invariant 4 (bounded): what is in flight is free memory that nobody can
 * have at the moment. The zone stays above its high watermark, so that no
 * reclaim starts for it, and beyond the first block at least as much of what
 * is above stays as goes, so that a burst of allocations finds memory.
 *
 * Return: true if it can.
 */
bool page_hinting_spares(unsigned long free, unsigned long high,
			 unsigned long in_flight, unsigned long nr_pages)
{
	if (free < high + nr_pages)
		return false;
	return !in_flight ||
	       in_flight + nr_pages <= (free + in_flight - high) / 2;
}
