// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, policy: when a free block is hinted, and how much memory
 * may be with the host at a time.
 *
 * It is the ski rental problem: who knows nothing of the future does best to hold a
 * block until that has cost as much as the fault if it is given away and used again
 * (A. Karlin et al., "Competitive randomized algorithms for nonuniform problems",
 * Algorithmica 11, 1994, section 2). We know for how long blocks stayed free lately:
 * so the age is what would have cost least, up to that limit.
 */
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include <trace/events/page_hinting.h>
#include "internal.h"

/* With nothing learned: longer than it takes to free a block in pieces. */
unsigned int page_hinting_age_ms = 20;

/* What page reporting makes everything wait for. */
unsigned int page_hinting_age_max_ms = 2000;

/*
 * What is learned counts half after two of the longest ages, so that what is used
 * again once in such a time is remembered until the next; but not sooner. It fades
 * by eighths, of which five make a half: what just tipped the scales should not go
 * at once.
 */
#define HALF_LIFE_MIN	(4UL * HZ)
#define FADINGS		5

/*
 * Memory of which it is always assumed that it stays free: less than that, freed
 * and used again, is not worth making all the rest wait.
 */
#define COLD_SHARE	16
#define COLD_MIN	(SZ_64M >> PAGE_SHIFT)

/*
 * Regrets that follow each other within this time, in jiffies, are one burst, for as
 * long as the longest age: what grows steadily is not the host's delay.
 */
#define BURST_GAP	(HZ / 10)

/* The pass's; in jiffies. */
static struct page_hinting_history history;
static unsigned long learned;			/* when it last faded */
static unsigned long age, longest_age;

/* A block is used again, the zone's lock held. Returns false if too late to count. */
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
 * free says little: hinted blocks go to the tail of the free lists. If hinting had
 * waited, the allocation would have got what was freed last: so it regrets that.
 * A burst of uses waits for the host's faults, too: what of it comes too late to count
 * for that counts as just in time, if the burst began in time.
 */
void page_hinting_note_regretted(struct zone *zone, unsigned long nr_pages)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned long longest = READ_ONCE(longest_age), now = jiffies;
	unsigned long jiffies_free = now - ledger->recent_time;

	if (now - ledger->regretted_time > BURST_GAP ||
	    now - ledger->burst_time > longest)
		ledger->burst_time = now;
	ledger->regretted_time = now;
	if (time_before_eq(ledger->burst_time, ledger->recent_time + longest))
		jiffies_free = min(jiffies_free, longest);

	nr_pages = min(nr_pages, ledger->recent);
	if (!nr_pages || !page_hinting_note_reused(zone, jiffies_free, nr_pages))
		return;
	ledger->recent -= nr_pages;
	ledger->lately.cold -= nr_pages;
	page_hinting_count_add(HINT_REGRETTED, 1);
	/* Learned late it would count for too much. */
	page_hinting_kick();
}

/*
 * The host has a block, free since @time; the zone's lock held. The longer before
 * it others were freed, the less they count, until the longest age.
 */
void page_hinting_note_hinted(struct zone *zone, unsigned long time,
			      unsigned long nr_pages)
{
	struct page_hinting_ledger *ledger = &zone->hinting;
	unsigned long longest = READ_ONCE(longest_age) + 1;

	/* Free before we came: nobody knows what it was used for. */
	if (jiffies - time >= PAGE_HINTING_LONG_AGO)
		return;

	ledger->lately.cold += nr_pages;
	if (!ledger->recent)
		ledger->recent_time = time;
	if (time_after(time, ledger->recent_time)) {
		ledger->recent -= mult_frac(ledger->recent,
					    min(time - ledger->recent_time, longest),
					    longest);
		ledger->recent_time = time;
	} else {
		nr_pages -= mult_frac(nr_pages, min(ledger->recent_time - time, longest),
				      longest);
	}
	ledger->recent += nr_pages;
}

/* Returns how much of @elapsed was too little to count. All times in jiffies. */
unsigned long page_hinting_fade(struct page_hinting_history *past,
				unsigned long elapsed, unsigned long longest)
{
	unsigned long each = max(2 * longest, HALF_LIFE_MIN) / FADINGS;
	unsigned int fadings = min(elapsed / each, 63UL * FADINGS), i;

	while (fadings--) {
		for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
			past->reused[i] = past->reused[i] * 7 / 8;
		past->cold = past->cold * 7 / 8;
	}
	return elapsed % each;
}

/*
 * What an age would have cost, in pages times jiffies of holding them. A fault
 * is worth holding the memory for @longest, see above.
 */
static u64 cost(const struct page_hinting_history *past, u64 assumed_cold,
		unsigned long held, unsigned long longest)
{
	u64 sum = (past->cold + assumed_cold) * held;
	unsigned long most;
	unsigned int i;

	/* The bucket's memory was free for 2^(i - 1) to 2^i, on average between. */
	for (i = 0; i < PAGE_HINTING_BUCKETS && BIT(i) / 2 < longest; i++) {
		most = min(BIT(i), longest);
		if (most <= held)
			sum += past->reused[i] * ((BIT(i) / 2 + most) / 2);
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

/* Chooses the age anew; for the pass. */
void page_hinting_learn(void)
{
	unsigned long longest = msecs_to_jiffies(READ_ONCE(page_hinting_age_max_ms));
	unsigned long cold = max(totalram_pages() / COLD_SHARE, COLD_MIN);
	struct page_hinting_history *lately;
	unsigned long best, now = jiffies;
	struct zone *zone;
	unsigned int i;

	WRITE_ONCE(longest_age, longest);
	learned = now - page_hinting_fade(&history, now - learned, longest);
	for_each_populated_zone(zone) {
		lately = &zone->hinting.lately;
		spin_lock_irq(&zone->lock);
		for (i = 0; i < PAGE_HINTING_BUCKETS; i++)
			history.reused[i] += lately->reused[i];
		/* What is regretted may have been hinted long before. */
		history.cold = max(history.cold + lately->cold, 0LL);
		memset(lately, 0, sizeof(*lately));
		spin_unlock_irq(&zone->lock);
	}

	best = page_hinting_best_age(&history, cold, page_hinting_shortest_age(),
				     longest);
	if (best != age)
		trace_page_hinting_age(jiffies_to_msecs(age), jiffies_to_msecs(best),
				       history.cold);
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
	return page_hinting_flush_age(READ_ONCE(age));
}

/* The same if nothing is learned. */
unsigned long page_hinting_shortest_age(void)
{
	return msecs_to_jiffies(READ_ONCE(page_hinting_age_ms));
}

/*
 * Free memory of a zone that all its users can have: not the reserve for atomic
 * allocations, nor the contiguous memory areas (CMA), which are for movable memory.
 * It sums over all CPUs, so once a hold of the zone's lock.
 */
unsigned long page_hinting_usable(struct zone *zone)
{
	/* They may be adding theirs now. */
	unsigned long free = data_race(zone_page_state_snapshot(zone, NR_FREE_PAGES));
	unsigned long others = zone->nr_free_highatomic +
			       zone_page_state(zone, NR_FREE_CMA_PAGES);

	return free - min(free, others);
}

/*
 * Invariant 4 (bounded): the zone stays above its high watermark. Beyond the first
 * block no more than a 64th of the zone is in flight, and of what is above the
 * watermark at least as much stays.
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
