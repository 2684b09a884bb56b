// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, collect: the pass takes the entries that are old enough out of
 * the arrays and sorts them, so that neighbours meet.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "../internal.h"
#include "internal.h"

/* There is room; the zone's lock is held. */
void page_hinting_pend(struct page_hinting_pending *pending,
		       const struct page_hinting_entry *entry)
{
	pending->candidates[pending->nr++] = *entry;
	pending->nr_pages += 1UL << buddy_order(pfn_to_page(entry->pfn));
}

/*
 * Collects what is old enough in one array, more or less in order of time: so
 * the first young entry that is still true ends the search. One that is not true
 * goes however young it is, so that memory which is used and freed again and again
 * does not fill the array. Returns when to look again, in jiffies from @now.
 */
unsigned long page_hinting_collect_array(struct page_hinting_array *array,
					 struct page_hinting_pending *pending,
					 unsigned long now, unsigned long age)
{
	struct page_hinting_entry entry;

	while (page_hinting_array_peek(array, &entry)) {
		unsigned long wait = PAGE_HINTING_RESTS;
		struct zone *zone = entry.zone;
		unsigned int looked = 0;

		spin_lock_irq(&zone->lock);
		do {
			bool captured = page_hinting_captured(&entry);

			if (captured && time_before(now, entry.time + age))
				wait = entry.time + age - now;
			else if (captured && !page_hinting_has_room(pending))
				wait = 0;
			if (wait != PAGE_HINTING_RESTS)
				break;
			if (captured)
				page_hinting_pend(pending, &entry);
			else
				page_hinting_count_add(HINT_STALE, 1);
			page_hinting_array_pop(array);
		} while (++looked < PAGE_HINTING_PER_LOCK &&
			 page_hinting_array_peek(array, &entry) &&
			 entry.zone == zone);
		spin_unlock_irq(&zone->lock);
		if (wait != PAGE_HINTING_RESTS)
			return wait;
		cond_resched();
	}
	return PAGE_HINTING_RESTS;
}

unsigned long page_hinting_collect(struct page_hinting_pending *pending)
{
	unsigned long age = page_hinting_age(), now = jiffies;
	unsigned long next = PAGE_HINTING_RESTS;
	struct page_hinting_array *array;
	int cpu;

	/* Also of those that went off line and left their entries. */
	for_each_cpu(cpu, &page_hinting_cpus) {
		array = per_cpu_ptr(&page_hinting_arrays, cpu);
		next = min(next, page_hinting_collect_array(array, pending, now, age));
	}
	return next;
}

static int compare_entries(const void *a, const void *b)
{
	const struct page_hinting_entry *x = a, *y = b;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	return (x->pfn > y->pfn) - (x->pfn < y->pfn);
}

/*
 * By zone and pfn. Several may be for one block; which one is true only isolation
 * can tell, for their times are not in the order in which they were captured.
 */
void page_hinting_sort(struct page_hinting_pending *pending)
{
	sort(pending->candidates, pending->nr, sizeof(*pending->candidates),
	     compare_entries, NULL);
}
