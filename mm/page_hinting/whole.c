// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, whole: lets the kernel's own compaction make whole blocks of
 * free memory that is in pieces, which then are hinted as any others. It leaves
 * alone what the host has got, and whole blocks. Only where much came in pieces since
 * it last was through the zone; never where memory is short; in slices, which end
 * when something else wants the CPU.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/sizes.h>
#include <linux/swap.h>

#include <trace/events/page_hinting.h>
#include "../internal.h"
#include "internal.h"

/* Less is not worth it: so much, and such a share of the zone. */
#define LEAST		(SZ_4M >> PAGE_SHIFT)
#define SHARE		64

/* Doubled so often after compaction that won less than an eighth. */
#define IN_VAIN_MAX	3

/* A slice; and how long all of them are at most, for so many pages of a zone. */
#define SLICE		(HZ / 20UL + 1)
#define PAGES_PER_SLICE	(SZ_16M >> PAGE_SHIFT)

/* Free pages of a zone in pieces that the host has not got; a guess. */
static unsigned long in_pieces(struct zone *zone)
{
	/* As page_hinting_missed(). */
	unsigned long hinted = data_race(zone->hinting.pieces[PAGE_HINTING_HINTED]);
	unsigned long nr = page_hinting_free_pages(zone, 0,
						   READ_ONCE(page_hinting_min_order));

	return nr - min(nr, hinted);
}

static bool worth_it(struct zone *zone)
{
	struct page_hinting_whole *whole = &zone->hinting.whole;
	unsigned long least = max(zone_managed_pages(zone) / SHARE, LEAST);
	unsigned long nr = in_pieces(zone);
	bool worth;

	spin_lock_irq(&zone->lock);
	least <<= whole->in_vain;
	/* What was left then may have been used since. */
	whole->left = min(whole->left, nr);
	worth = page_hinting_usable(zone) > 2 * high_wmark_pages(zone) &&
		(whole->budget || nr >= whole->left + least);
	spin_unlock_irq(&zone->lock);
	return worth;
}

bool page_hinting_worth_compacting(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (worth_it(zone))
			return true;
	}
	return false;
}

/*
 * Until a time, in jiffies, and if it @yields until something else wants the CPU. Goes
 * on where it stopped, if the zone has not shrunk since. Returns whether it is through.
 */
static bool compact(struct zone *zone, unsigned long until, bool yields,
		    struct page_hinting_whole *whole)
{
	bool within = whole->migrate_pfn >= zone->zone_start_pfn &&
		      whole->free_pfn < zone_end_pfn(zone);
	enum compact_result result;
	struct compact_control cc = {
		.order = -1,
		.mode = MIGRATE_SYNC_LIGHT,
		.ignore_skip_hint = true,
		.no_set_skip_hint = true,
		.whole_zone = !whole->migrate_pfn || !within,
		.migrate_pfn = whole->migrate_pfn,
		.free_pfn = whole->free_pfn,
		.gfp_mask = GFP_KERNEL,
		.zone = zone,
		.until = until | 1,
		.yields = yields,
	};

	/* File systems don't write back for it. */
	current->flags |= PF_KCOMPACTD;
	do {
		result = compact_zone(&cc, NULL);
		cc.whole_zone = false;
		/* Also where a large folio found no place. */
	} while (result == COMPACT_CONTENDED && time_before(jiffies, until) &&
		 (yields ? single_task_running() : !signal_pending(current)));
	current->flags &= ~PF_KCOMPACTD;
	if (result != COMPACT_CONTENDED)
		return true;
	whole->migrate_pfn = cc.migrate_pfn;
	whole->free_pfn = pageblock_start_pfn(cc.free_pfn);
	return false;
}

/* What it can't make whole now it may not the next time, either. */
static void through(struct zone *zone, struct page_hinting_whole *whole)
{
	whole->left = in_pieces(zone);
	if (whole->left > whole->before - whole->before / 8)
		whole->in_vain = min(whole->in_vain + 1, IN_VAIN_MAX + 0U);
	else
		whole->in_vain = 0;
}

static void compact_slice(struct zone *zone)
{
	unsigned long begin = jiffies, before = in_pieces(zone), spent;
	struct page_hinting_whole whole;
	bool done;

	spin_lock_irq(&zone->lock);
	whole = zone->hinting.whole;
	spin_unlock_irq(&zone->lock);
	if (!whole.budget) {
		whole.budget = SLICE * DIV_ROUND_UP(zone_managed_pages(zone),
						    PAGES_PER_SLICE);
		whole.migrate_pfn = 0;
		whole.before = before;
		/* A page in a per-CPU list can't be moved, or keeps a block in pieces. */
		lru_add_drain_all();
		drain_all_pages(zone);
	}
	done = compact(zone, begin + SLICE, true, &whole);
	spent = max(jiffies - begin, 1UL);
	whole.budget -= done ? whole.budget : min(whole.budget, spent);
	/* What became whole is in a per-CPU list by pages, and the next may be far. */
	drain_all_pages(zone);
	if (!whole.budget)
		through(zone, &whole);
	spin_lock_irq(&zone->lock);
	zone->hinting.whole = whole;
	spin_unlock_irq(&zone->lock);
	trace_page_hinting_compact(zone, before, in_pieces(zone), done);
}

/* A slice for the next zone that is worth it. Returns whether there was one. */
bool page_hinting_compact(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (!worth_it(zone))
			continue;
		compact_slice(zone);
		return true;
	}
	return false;
}

/* All zones, whatever it costs, until a time in jiffies, or a signal. */
void page_hinting_compact_all(unsigned long until)
{
	struct page_hinting_whole whole;
	struct zone *zone;

	lru_add_drain_all();
	for_each_populated_zone(zone) {
		whole = (struct page_hinting_whole){ .before = in_pieces(zone) };
		if (!compact(zone, until, false, &whole))
			continue;
		drain_all_pages(zone);
		through(zone, &whole);
		spin_lock_irq(&zone->lock);
		zone->hinting.whole = whole;
		spin_unlock_irq(&zone->lock);
	}
}
