// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, collect: the pass takes the entries that are old enough
 * out of the arrays and sorts them by zone and page frame, so that each
 * zone's lock is taken once for many blocks and neighbours meet.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "internal.h"

/*
 * Collects what is old enough in one array, more or less in order of time: so
 * the first young entry that is still true ends the search. One that is not
 * true goes however young it is. So an array has room for what is new, however
 * long the age is, if the same memory is used and freed again and again.
 */
void page_hinting_collect_array(struct page_hinting_array *array,
				struct page_hinting_pending *pending,
				unsigned long now, unsigned long age)
{
	struct page_hinting_entry entry;

	while (pending->nr < PAGE_HINTING_MAX_PENDING &&
	       page_hinting_array_peek(array, &entry)) {
		struct zone *zone = entry.zone;
		unsigned int looked = 0;
		bool young;

		spin_lock_irq(&zone->lock);
		do {
			bool captured = page_hinting_captured(&entry);

			young = captured && time_before(now, entry.time + age);
			if (young)
				break;
			/* Counted twice for a moment, see page_hinting_waiting(). */
			if (captured)
				page_hinting_pend(pending, &entry);
			else
				page_hinting_count_add(HINT_STALE, 1);
			page_hinting_array_pop(array);
		} while (++looked < PAGE_HINTING_PER_LOCK &&
			 pending->nr < PAGE_HINTING_MAX_PENDING &&
			 page_hinting_array_peek(array, &entry) &&
			 entry.zone == zone);
		spin_unlock_irq(&zone->lock);
		if (young)
			break;
		cond_resched();
	}
}

void page_hinting_collect(struct page_hinting_pending *pending,
			  unsigned long now, unsigned long age)
{
	int cpu;

	/* Also of those that went off line and left their entries. */
	for_each_cpu(cpu, &page_hinting_cpus)
		page_hinting_collect_array(per_cpu_ptr(&page_hinting_arrays, cpu),
					   pending, now, age);
}

/*
 * When the oldest entry that waits was captured. Returns false if none waits.
 */
bool page_hinting_oldest(unsigned long *time)
{
	struct page_hinting_entry entry;
	bool found = false;
	int cpu;

	for_each_cpu(cpu, &page_hinting_cpus) {
		if (!page_hinting_array_peek(per_cpu_ptr(&page_hinting_arrays,
							 cpu), &entry))
			continue;
		if (!found || time_before(entry.time, *time))
			*time = entry.time;
		found = true;
	}
	return found;
}

static int compare_entries(const void *a, const void *b)
{
	const struct page_hinting_entry *x = a, *y = b;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

/*
 * Sorts by zone and pfn. Several candidates may be for one block, and only
 * isolation can tell which of them is true: their times are not in the order in
 * which they were captured.
 */
void page_hinting_sort(struct page_hinting_pending *pending)
{
	sort(pending->candidates, pending->nr, sizeof(*pending->candidates),
	     compare_entries, NULL);
}
