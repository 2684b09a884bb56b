// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, collect: the pass takes the entries that are old enough
 * out of the arrays and sorts them by zone and page frame, so that each
 * zone's lock is taken once for many blocks and neighbours meet.
 */
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sort.h>

#include "internal.h"

/*
 * A look without the zone's lock, for isolation looks again: what is not this
 * block any more won't be. So an array has room for what is new, however long
 * the age is, if the same memory is used and freed again and again.
 */
static bool is_stale(const struct page_hinting_entry *entry)
{
	struct page *page = pfn_to_online_page(entry->pfn);

	/*
	 * The memory may have gone since. If not, what the capture wrote before
	 * the entry is to be seen, by page_hinting_array_peek()'s acquire.
	 */
	return !page || !(READ_ONCE(page->flags) & BIT(PG_captured)) ||
	       READ_ONCE(page->hint_time) != entry->time;
}

/**
 * page_hinting_collect_array - collect what is old enough in one array
 * @array: the array; in order of time, so the first young entry that is still
 *	true ends the search
 * @pending: where to put the entries, as long as there is room
 * @now: the time, in jiffies
 * @age: how old an entry has to be, in jiffies
 */
void page_hinting_collect_array(struct page_hinting_array *array,
				struct page_hinting_pending *pending,
				unsigned long now, unsigned long age)
{
	struct page_hinting_entry entry;

	while (pending->nr < PAGE_HINTING_MAX_PENDING &&
	       page_hinting_array_peek(array, &entry)) {
		struct page_hinting_candidate *candidate;
		bool stale = is_stale(&entry);

		if (!stale && time_before(now, entry.time + age))
			break;

		if (stale) {
			atomic_long_inc(&page_hinting_counters.stale);
		} else {
			candidate = &pending->candidates[pending->nr];
			candidate->zone = page_hinting_zone(pfn_to_page(entry.pfn));
			candidate->entry = entry;
			/* Counted twice for a moment, see page_hinting_waiting(). */
			WRITE_ONCE(pending->nr, pending->nr + 1);
		}
		page_hinting_array_pop(array);
	}
}

/**
 * page_hinting_collect - collect what is old enough from all CPUs' arrays
 * @pending: where to put the entries, as long as there is room
 * @now: the time, in jiffies
 * @age: how old an entry has to be, in jiffies
 *
 * Context: the pass.
 */
void page_hinting_collect(struct page_hinting_pending *pending,
			  unsigned long now, unsigned long age)
{
	int cpu;

	/* Possible, not online: a CPU that went offline left its entries. */
	for_each_possible_cpu(cpu)
		page_hinting_collect_array(per_cpu_ptr(&page_hinting_arrays, cpu),
					   pending, now, age);
}

/**
 * page_hinting_oldest - when the oldest entry that waits was captured
 * @time: filled with the time, in jiffies
 *
 * Context: the pass.
 * Return: false if no entry waits.
 */
bool page_hinting_oldest(unsigned long *time)
{
	struct page_hinting_entry entry;
	bool found = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (!page_hinting_array_peek(per_cpu_ptr(&page_hinting_arrays,
							 cpu), &entry))
			continue;
		if (!found || time_before(entry.time, *time))
			*time = entry.time;
		found = true;
	}
	return found;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct page_hinting_candidate *x = a, *y = b;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	if (x->entry.pfn != y->entry.pfn)
		return x->entry.pfn < y->entry.pfn ? -1 : 1;
	/* The newest first: it is the one that can still be true. */
	return time_after(x->entry.time, y->entry.time) ? -1 : 1;
}

/**
 * page_hinting_sort - sort candidates by zone and pfn, drop double ones
 * @pending: the candidates; of several for one pfn the newest stays
 */
void page_hinting_sort(struct page_hinting_pending *pending)
{
	struct page_hinting_candidate *candidates = pending->candidates;
	unsigned int from, to = 0;

	sort(candidates, pending->nr, sizeof(*candidates), compare_candidates,
	     NULL);

	for (from = 0; from < pending->nr; from++) {
		if (to && candidates[to - 1].zone == candidates[from].zone &&
		    candidates[to - 1].entry.pfn == candidates[from].entry.pfn) {
			atomic_long_inc(&page_hinting_counters.stale);
			continue;
		}
		candidates[to++] = candidates[from];
	}
	pending->nr = to;
}
