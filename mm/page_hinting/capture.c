// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, capture: a free block is noted in an array of the CPU
 * that freed it.
 *
 * Invariant 6 (the hook adds no lock, no allocation, no list operation, no
 * sleep): the caller holds the zone's lock, under which the block's mark and
 * the zone's ledger change; the array has this CPU as its only producer; the
 * pass is woken by an irq_work, which is a compare-and-exchange.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include <trace/events/page_hinting.h>

#include "internal.h"

/*
 * An array holds what one CPU frees within the age, and the halves of it that
 * merged since. What is more than the largest can hold, 8 GiB of huge pages,
 * overflows, and the clock hand finds it.
 */
#define ARRAY_MIN_ENTRIES	256UL
#define ARRAY_MAX_ENTRIES	4096UL

DEFINE_PER_CPU(struct page_hinting_array, page_hinting_arrays);
DEFINE_PER_CPU(struct page_hinting_events, page_hinting_events);

/* CPUs that have captured since the pass last found all arrays empty. */
struct cpumask page_hinting_cpus;

/* On the array's CPU, preemption off. Returns false if it is full. */
bool page_hinting_array_push(struct page_hinting_array *array,
			     const struct page_hinting_entry *entry)
{
	unsigned int head = array->head;

	/* Pairs with the release in page_hinting_array_pop(). */
	if (head - smp_load_acquire(&array->tail) > array->mask)
		return false;

	array->entries[head & array->mask] = *entry;
	/* Pairs with the acquire in page_hinting_array_peek(). */
	smp_store_release(&array->head, head + 1);
	return true;
}

/*
 * The oldest entry, of any CPU's array; for the pass. Returns false if it is
 * empty.
 */
bool page_hinting_array_peek(struct page_hinting_array *array,
			     struct page_hinting_entry *entry)
{
	unsigned int tail = array->tail;

	/* Pairs with the release in page_hinting_array_push(). */
	if (tail == smp_load_acquire(&array->head))
		return false;

	*entry = array->entries[tail & array->mask];
	return true;
}

void page_hinting_array_pop(struct page_hinting_array *array)
{
	/* Pairs with the acquire in page_hinting_array_push(). */
	smp_store_release(&array->tail, array->tail + 1);
}

/* May be old when the caller sees it. */
unsigned int page_hinting_array_count(struct page_hinting_array *array)
{
	/* Pairs with the release in page_hinting_array_pop(). */
	unsigned int tail = smp_load_acquire(&array->tail);

	return READ_ONCE(array->head) - tail;
}

/*
 * Notes a free block that has no marks, and is free since @time. One that finds
 * the array full stays without a mark. That makes it missed in the ledger, and
 * the clock hand will find it: invariant 3, nothing missed. Returns false if
 * so.
 */
bool page_hinting_capture(struct zone *zone, struct page *page,
			  unsigned int order, unsigned long time)
{
	struct page_hinting_entry entry = {
		.zone = zone,
		.pfn = page_to_pfn(page),
		.time = time,
	};
	unsigned int cpu;
	bool pushed;

	lockdep_assert_held(&zone->lock);

	/* On PREEMPT_RT the zone's lock does not keep us from being preempted. */
	preempt_disable_nested();
	pushed = page_hinting_array_push(this_cpu_ptr(&page_hinting_arrays),
					 &entry);
	cpu = smp_processor_id();
	if (!cpumask_test_cpu(cpu, &page_hinting_cpus))
		cpumask_set_cpu(cpu, &page_hinting_cpus);
	preempt_enable_nested();

	if (!pushed) {
		page_hinting_count_add(HINT_OVERFLOWED, 1);
		trace_page_hinting_overflow(entry.pfn, order);
		return false;
	}

	page_hinting_set_captured(zone, page, order, time);
	return true;
}

/*
 * Gives every possible CPU an array of a size that fits the minimum order. A
 * CPU that has one keeps it if there is no memory for another. Nothing is
 * captured, no pass runs, the arrays are empty. Returns -ENOMEM if a CPU has
 * none.
 */
int page_hinting_arrays_alloc(void)
{
	unsigned long nr = 2 * (totalram_pages() >> page_hinting_min_order);
	struct page_hinting_array *array;
	struct page_hinting_entry *entries;
	int cpu, error = 0;

	nr = roundup_pow_of_two(clamp(nr, ARRAY_MIN_ENTRIES, ARRAY_MAX_ENTRIES));
	for_each_possible_cpu(cpu) {
		array = per_cpu_ptr(&page_hinting_arrays, cpu);
		if (array->entries && array->mask == nr - 1)
			continue;
		entries = kvmalloc_node(array_size(nr, sizeof(*entries)),
					GFP_KERNEL, cpu_to_node(cpu));
		if (entries) {
			kvfree(array->entries);
			array->entries = entries;
			array->mask = nr - 1;
		}
		if (!array->entries)
			error = -ENOMEM;
	}
	return error;
}

void page_hinting_arrays_free(void)
{
	struct page_hinting_array *array;
	int cpu;

	for_each_possible_cpu(cpu) {
		array = per_cpu_ptr(&page_hinting_arrays, cpu);
		kvfree(array->entries);
		array->entries = NULL;
	}
}

/* The pass forgets CPUs, and may be about to remember one: so all that there are. */
unsigned long page_hinting_arrays_waiting(void)
{
	unsigned long nr = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		nr += page_hinting_array_count(per_cpu_ptr(&page_hinting_arrays,
							   cpu));
	return nr;
}

/* Drops all entries; nothing is captured, and no pass runs. */
void page_hinting_arrays_empty(void)
{
	struct page_hinting_array *array;
	int cpu;

	for_each_cpu(cpu, &page_hinting_cpus) {
		array = per_cpu_ptr(&page_hinting_arrays, cpu);
		page_hinting_count_add(HINT_STALE,
				       page_hinting_array_count(array));
		array->tail = array->head;
	}
	cpumask_clear(&page_hinting_cpus);
}
