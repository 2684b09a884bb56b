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
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
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
#define HALF_LIFE_MIN	(4UL * HZ)

/* Fading is done in steps of an eighth: 11/12 to the 8th is a half. */
#define FADE_STEPS	8

/*
 * Memory of which it is always assumed that it stays free: less than that,
 * freed and used again, is not worth making all the rest wait. A sixteenth of
 * the memory; and not so little that a few blocks on which processes come and
 * go would count.
 */
#define COLD_SHARE	16
#define COLD_MIN	(SZ_64M >> PAGE_SHIFT)

/* The pass's; in jiffies. */
static struct page_hinting_history history;
static unsigned long learned;			/* when it last faded */
static unsigned long age, longest_age;

/*
 * The width of a slot of recent[], as a power of two of jiffies: all of them are
 * the longest age, or up to twice as much.
 */
static unsigned int slot_shift;

/* Makes the slot of this moment the newest; those that are too old end. */
static void advance(struct page_hinting_ledger *ledger, unsigned int shift)
{
	unsigned long now = jiffies, slot = now >> shift;
	unsigned long steps = slot - ledger->slot;

	/* Far away also if the width has changed: all of it is old. */
	ledger->occupied = steps < PAGE_HINTING_SLOTS ?
			   ledger->occupied << steps : 0;
	ledger->slot = slot;
}

/*
 * A block of @zone, its lock held, is used again after so long. Returns false if
 * nobody would have held it until then.
 */
bool page_hinting_note_reused(struct zone *zone, unsigned long jiffies_free,
			      unsigned long nr_pages)
{
	static_assert(PAGE_HINTING_AGE_MS_MAX / 1000 * HZ <=
		      BIT(PAGE_HINTING_BUCKETS - 1));

	if (jiffies_free > READ_ONCE(longest_age))
		return false;
	zone->hinting.lately.reused[order_base_2(jiffies_free)] += nr_pages;
	return true;
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
	unsigned int shift = READ_ONCE(slot_shift);
	unsigned long nr, back;
	u32 *newest;

	advance(ledger, shift);
	if (!ledger->occupied)
		return;

	back = __ffs(ledger->occupied);
	newest = &ledger->recent[(ledger->slot - back) % PAGE_HINTING_SLOTS];
	nr = min_t(unsigned long, *newest, nr_pages);
	/* Freed in the middle of the slot, more or less. */
	if (!page_hinting_note_reused(zone, ((2 * back + 1) << shift) / 2, nr))
		return;
	*newest -= nr;
	if (!*newest)
		ledger->occupied &= ~BIT(back);
	ledger->lately.regretted += nr;
	page_hinting_count_add(HINT_REGRETTED, 1);
}

/* The host has a block, free since @time; the zone's lock held. */
void page_hinting_note_hinted(struct zone *zone, unsigned long time,
			      unsigned long nr_pages)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned int shift = READ_ONCE(slot_shift);
	unsigned long slot = time >> shift, back;
	u32 *recent = &ledger->recent[slot % PAGE_HINTING_SLOTS];

	/* Free before we came: nobody knows what it was used for. */
	if (jiffies - time >= PAGE_HINTING_LONG_AGO)
		return;

	ledger->lately.hinted += nr_pages;
	advance(ledger, shift);
	back = ledger->slot - slot;
	if (back >= PAGE_HINTING_SLOTS)
		return;
	*recent = nr_pages + (ledger->occupied & BIT(back) ? *recent : 0);
	ledger->occupied |= BIT(back);
}

static void fade(u64 *pages)
{
	*pages -= div_u64(*pages, 12);
}

/*
 * Lets what was learned count less. Returns how much of @elapsed was too little
 * to count. All times in jiffies.
 */
unsigned long page_hinting_fade(struct page_hinting_history *past,
				unsigned long elapsed, unsigned long longest)
{
	unsigned long half_life = max(2 * longest, HALF_LIFE_MIN);
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
	return past->hinted - min(past->hinted, past->regretted);
}

/*
 * What an age would have cost, in pages times jiffies of holding them. A fault
 * is worth holding the memory for @longest, see above.
 */
static u64 cost(const struct page_hinting_history *past, u64 assumed_cold,
		unsigned long held, unsigned long longest)
{
	u64 sum = (cold_pages(past) + assumed_cold) * held;
	unsigned int i;

	/* The bucket's memory was free for 2^(i - 1) to 2^i. */
	for (i = 0; i < PAGE_HINTING_BUCKETS && BIT(i) / 2 < longest; i++) {
		if (min(BIT(i), longest) <= held)
			sum += past->reused[i] * min(BIT(i) - BIT(i) / 4, held);
		else
			sum += past->reused[i] * (held + longest);
	}
	return sum;
}

/*
 * The age that would have cost least, if so many pages more stay free; the
 * shortest if the longest is not longer. All times in jiffies.
 */
unsigned long page_hinting_best_age(const struct page_hinting_history *past,
				    unsigned long assumed_cold,
				    unsigned long shortest,
				    unsigned long longest)
{
	u64 least = cost(past, assumed_cold, shortest, longest), this;
	unsigned long best = shortest, held = shortest;

	/* Between the ends of the buckets an age only costs more. */
	while (held < longest) {
		held = min(roundup_pow_of_two(held + 1), longest);
		this = cost(past, assumed_cold, held, longest);
		if (this < least) {
			least = this;
			best = held;
		}
	}
	return best;
}

/* Adds what has happened in a zone since it was last asked. */
static void gather(struct zone *zone)
{
	struct page_hinting_history *lately = &zone->hinting.lately;
	unsigned int i;

	spin_lock_irq(&zone->lock);
	for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
		history.reused[i] += lately->reused[i];
	history.hinted += lately->hinted;
	history.regretted += lately->regretted;
	memset(lately, 0, sizeof(*lately));
	spin_unlock_irq(&zone->lock);
}

/* Chooses the age anew; for the pass. */
void page_hinting_learn(void)
{
	unsigned long longest = msecs_to_jiffies(READ_ONCE(page_hinting_age_max_ms));
	unsigned long best, now = jiffies;
	struct zone *zone;

	WRITE_ONCE(longest_age, longest);
	WRITE_ONCE(slot_shift, order_base_2(DIV_ROUND_UP(longest,
							 PAGE_HINTING_SLOTS)));
	learned = now - page_hinting_fade(&history, now - learned, longest);
	for_each_populated_zone(zone)
		gather(zone);

	best = page_hinting_best_age(&history, max(totalram_pages() / COLD_SHARE,
						   COLD_MIN),
				     page_hinting_shortest_age(), longest);
	if (best == age)
		return;
	trace_page_hinting_age(jiffies_to_msecs(age), jiffies_to_msecs(best),
			       cold_pages(&history));
	WRITE_ONCE(age, best);
}

/* Begins with nothing learned; no pass runs, and the ledgers are empty. */
void page_hinting_unlearn(void)
{
	memset(&history, 0, sizeof(history));
	learned = jiffies;
	page_hinting_learn();
}

/* How long a block has to be free before it is hinted, in jiffies. */
unsigned long page_hinting_age(void)
{
	return READ_ONCE(age);
}

/* And if nothing is learned. */
unsigned long page_hinting_shortest_age(void)
{
	return msecs_to_jiffies(READ_ONCE(page_hinting_age_ms));
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
			 unsigned long in_flight, unsigned long nr_pages)
{
	unsigned long high = high_wmark_pages(zone);

	if (usable < high + nr_pages)
		return false;
	return !in_flight ||
	       in_flight + nr_pages <= min((usable + in_flight - high) / 2,
					   zone_managed_pages(zone) / 64);
}
