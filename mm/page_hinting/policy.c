// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, policy: when a free block is hinted, and how much memory
 * may be with the host at a time.
 *
 * It is the ski rental problem: rent, hold the block for a while longer, or buy,
 * give it away and pay a fault. Who knows nothing of the future does best to
 * rent until the rent has come to the price (A. Karlin et al., "Competitive
 * randomized algorithms for nonuniform problems", Algorithmica 11, 1994, section
 * 2). We know for how long blocks stayed free before they were used again,
 * lately: so the age is what would have cost least, up to that limit. A block's
 * time from its free to its use does not depend on the age, so it can't
 * oscillate; and what was learned fades, so it can't stick.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

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

/* What a CPU has seen, ever growing; and which ones have seen anything. */
static DEFINE_PER_CPU(struct page_hinting_history, evidence);
static struct cpumask witnesses;

/* The pass's. */
static struct page_hinting_history seen;
static struct page_hinting_history history;
static unsigned long learned;			/* in jiffies */
static unsigned int age_now_ms;

/*
 * The width of a slot of recent[], as a power of two of jiffies: all of them are
 * the longest age, or up to twice as much.
 */
static unsigned int slot_shift;

static void set_slot_shift(unsigned int max_ms)
{
	unsigned long width = DIV_ROUND_UP(msecs_to_jiffies(max_ms),
					   PAGE_HINTING_SLOTS);

	WRITE_ONCE(slot_shift, order_base_2(max(width, 1UL)));
}

/* Makes the slot of this moment the newest; those that are too old end. */
static void advance(struct page_hinting_ledger *ledger, unsigned int shift)
{
	unsigned long now = jiffies, slot = now >> shift;
	unsigned long steps = slot - ledger->slot;
	unsigned int i = slot % PAGE_HINTING_SLOTS;

	if (!steps)
		return;
	ledger->slot = slot;
	/* Never, or far away if the width has changed: all of it is old. */
	if (steps >= PAGE_HINTING_SLOTS)
		ledger->occupied = 0;
	else
		/* The last so many slots, of which this is the last. */
		ledger->occupied &= ~rol32(GENMASK(steps - 1, 0),
					   (i + 1 - steps) % PAGE_HINTING_SLOTS);
}

/* Returns false if nobody would have held it for so long. */
static bool note_reused(unsigned long jiffies_free, unsigned long nr_pages)
{
	unsigned long longest = msecs_to_jiffies(READ_ONCE(page_hinting_age_max_ms));
	unsigned int ms;

	if (jiffies_free > longest)
		return false;
	ms = jiffies_to_msecs(jiffies_free);
	page_hinting_note_cpu(&witnesses);
	this_cpu_add(evidence.reused[order_base_2(max(ms, 1U))], nr_pages);
	return true;
}

/* A captured block, free since @time, is used again; under its zone's lock. */
void page_hinting_note_taken(unsigned long time, unsigned long nr_pages)
{
	note_reused(jiffies - time, nr_pages);
}

/*
 * A hinted block is used, the zone's lock held. How long this very block was
 * free says little: hinted blocks go to the tail of the free lists, so the next
 * one to be used is the one that was hinted first. But if hinting had waited,
 * the allocation would have got what was freed last. So that is what it
 * regrets.
 */
void page_hinting_note_regretted(struct zone *zone, unsigned long nr_pages)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned int shift = READ_ONCE(slot_shift), newest, back;
	unsigned long nr;

	advance(ledger, shift);
	if (!ledger->occupied)
		return;

	/* With this moment's slot at the top, the first one from there on. */
	newest = ledger->slot % PAGE_HINTING_SLOTS;
	back = PAGE_HINTING_SLOTS - 1 -
	       __fls(ror32(ledger->occupied, (newest + 1) % PAGE_HINTING_SLOTS));
	newest = (newest - back) % PAGE_HINTING_SLOTS;

	nr = min_t(unsigned long, ledger->recent[newest], nr_pages);
	/* Freed in the middle of the slot, more or less. */
	if (!note_reused(((unsigned long)back << shift) + (1UL << shift) / 2, nr))
		return;
	ledger->recent[newest] -= nr;
	if (!ledger->recent[newest])
		ledger->occupied &= ~BIT(newest);
	this_cpu_add(evidence.regretted, nr);
	page_hinting_count_add(HINT_REGRETTED, 1);
}

/* The host has a block, free since @time; the zone's lock held. */
void page_hinting_note_hinted(struct zone *zone, unsigned long time,
			      unsigned long nr_pages)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned int shift = READ_ONCE(slot_shift);
	unsigned int i = (time >> shift) % PAGE_HINTING_SLOTS;

	/* Free before we came: nobody knows what it was used for. */
	if (jiffies - time >= PAGE_HINTING_LONG_AGO)
		return;

	page_hinting_note_cpu(&witnesses);
	this_cpu_add(evidence.hinted, nr_pages);
	advance(ledger, shift);
	if (ledger->slot - (time >> shift) >= PAGE_HINTING_SLOTS)
		return;
	if (!(ledger->occupied & BIT(i)))
		ledger->recent[i] = 0;
	ledger->occupied |= BIT(i);
	ledger->recent[i] += nr_pages;
}

static void gather(struct page_hinting_history *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_cpu(cpu, &witnesses) {
		struct page_hinting_history *one = per_cpu_ptr(&evidence, cpu);

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

/*
 * Lets what was learned count less. Returns how much of @elapsed, in jiffies,
 * was too little to count.
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

/*
 * The age that would have cost least, from @min_ms to @max_ms, if so many pages
 * more stay free; @min_ms if @max_ms is not larger.
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

/* Chooses the age anew, by what has happened; for the pass. */
void page_hinting_learn(void)
{
	unsigned long assumed_cold = max(totalram_pages() / COLD_SHARE,
					 COLD_MIN);
	struct page_hinting_history sum;
	unsigned int max_ms = READ_ONCE(page_hinting_age_max_ms);
	unsigned long now = jiffies;
	unsigned int i, age_ms;

	set_slot_shift(max_ms);
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

/* Begins with nothing learned; no pass runs. */
void page_hinting_unlearn(void)
{
	set_slot_shift(READ_ONCE(page_hinting_age_max_ms));
	gather(&seen);
	memset(&history, 0, sizeof(history));
	learned = jiffies;
	WRITE_ONCE(age_now_ms, READ_ONCE(page_hinting_age_ms));
}

unsigned int page_hinting_age_now_ms(void)
{
	return READ_ONCE(age_now_ms);
}

/* How long a block has to be free before it is hinted, in jiffies. */
unsigned long page_hinting_age(void)
{
	return msecs_to_jiffies(page_hinting_age_now_ms());
}

/*
 * Free memory of a zone that its users can have, not exact. The reserve for
 * atomic allocations is for these only, and what is free in the contiguous
 * memory areas (CMA) is for movable memory: however much that is, it is no
 * reason why all the rest could be spared. Near the watermark this sums over
 * all CPUs, so once a hold of the zone's lock.
 */
void page_hinting_usable(struct zone *zone, struct page_hinting_usable *usable)
{
	unsigned long free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long cma = zone_page_state(zone, NR_FREE_CMA_PAGES);

	/* What the CPUs have not added yet may be more than what is left. */
	if (free < data_race(zone->percpu_drift_mark)) {
		/* And they may be adding it now. */
		free = data_race(zone_page_state_snapshot(zone, NR_FREE_PAGES));
	}

	usable->all = free - min(free, zone->nr_free_highatomic);
	usable->unmovable = usable->all - min(usable->all, cma);
}

/*
 * Invariant 4 (bounded): what is in flight is free memory that nobody can have
 * at the moment. The zone stays above its high watermark, so that no reclaim
 * starts for it. Beyond the first block no more than a 64th of the zone
 * goes, and of what is above the watermark at least as much stays, so that a
 * burst of allocations finds memory also while the host is slow.
 */
bool page_hinting_spares(struct zone *zone, unsigned long usable,
			 unsigned long nr_pages)
{
	unsigned long in_flight = zone->hinting.in_flight;
	unsigned long high = high_wmark_pages(zone);

	if (usable < high + nr_pages)
		return false;
	return !in_flight ||
	       in_flight + nr_pages <= min((usable + in_flight - high) / 2,
					   zone_managed_pages(zone) / 64);
}
