// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, capture: a free block is noted in an array of the CPU that
 * freed it. Invariant 6 (the hook adds no lock, no allocation, no list operation,
 * no sleep): it runs under the zone's lock, an array has one producer, and the
 * pass is woken by an irq_work.
 */
#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include <trace/events/page_hinting.h>
#include "internal.h"

/* What one CPU frees within the age. What is more overflows: for the clock hand. */
#define ARRAY_MIN_ENTRIES	256UL
#define ARRAY_MAX_ENTRIES	4096UL

DEFINE_PER_CPU(struct page_hinting_array, page_hinting_arrays);
DEFINE_PER_CPU(unsigned long [NR_HINT_EVENTS], page_hinting_events);

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

/* The oldest entry, of any CPU's array; for the pass. Returns false if none. */
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

unsigned int page_hinting_array_count(struct page_hinting_array *array)
{
	return READ_ONCE(array->head) - array->tail;
}

/*
 * Notes a free block that has no mark, and is free since @time. One that finds
 * the array full stays without a mark, and so is missed in the ledger: invariant 3.
 */
void page_hinting_capture(struct zone *zone, struct page *page,
			  unsigned int order, unsigned long time)
{
	struct page_hinting_entry entry = { zone, page_to_pfn(page), time };
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

	if (pushed) {
		page_hinting_set_captured(zone, page, order, time);
	} else {
		page_hinting_count_add(HINT_OVERFLOWED, 1);
		trace_page_hinting_overflow(entry.pfn, order);
	}
}

/* For the least order that can be set. Returns 0, or -ENOMEM; some may have one. */
int page_hinting_arrays_alloc(void)
{
	unsigned long nr = roundup_pow_of_two(clamp(totalram_pages() >>
						    PAGE_HINTING_ORDER_MIN,
						    ARRAY_MIN_ENTRIES,
						    ARRAY_MAX_ENTRIES));
	int cpu;

	for_each_possible_cpu(cpu) {
		struct page_hinting_array *array =
			per_cpu_ptr(&page_hinting_arrays, cpu);

		array->entries = kvmalloc_node(array_size(nr, sizeof(*array->entries)),
					       GFP_KERNEL, cpu_to_node(cpu));
		if (!array->entries)
			return -ENOMEM;
		array->mask = nr - 1;
	}
	return 0;
}

void page_hinting_arrays_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu(page_hinting_arrays, cpu).entries);
		per_cpu(page_hinting_arrays, cpu).entries = NULL;
	}
}
