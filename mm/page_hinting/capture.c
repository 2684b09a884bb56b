// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, capture: a free block is noted in an array of the CPU
 * that freed it.
 *
 * Invariant 6 (the hook adds no lock, no allocation, no list operation, no
 * sleep): the caller holds the zone's lock, under which the block's mark and
 * the zone's ledger change; the array has this CPU as its only producer; the
 * pass is woken by an irq_work, which is a compare-and-exchange and an
 * interrupt to this CPU.
 */
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include <trace/events/page_hinting.h>

#include "internal.h"

/*
 * An array holds what one CPU frees within the age. The bounds are 1 GiB and
 * 16 GiB of blocks at order 10, for 4 and 64 KiB of memory a CPU; more than
 * that at once overflows, and the ledger finds it.
 */
#define ARRAY_MIN_ENTRIES	256UL
#define ARRAY_MAX_ENTRIES	4096UL

DEFINE_PER_CPU(struct page_hinting_array, page_hinting_arrays);

/*
 * While the pass drains the per-CPU page lists: since when the pages in them
 * are free, in jiffies; else 0. The blocks that they complete have waited
 * there, and need not wait for another age.
 */
unsigned long page_hinting_draining __read_mostly;

/**
 * page_hinting_array_push - put an entry into an array
 * @array: the array
 * @pfn: first page frame of the block
 * @time: when it was captured, in jiffies
 *
 * Context: the array's CPU, preemption off; or an array that is nobody else's.
 * Return: false if the array is full.
 */
bool page_hinting_array_push(struct page_hinting_array *array,
			     unsigned long pfn, unsigned long time)
{
	unsigned int head = array->head;

	/* Pairs with the release in page_hinting_array_pop(). */
	if (head - smp_load_acquire(&array->tail) > array->mask)
		return false;

	array->entries[head & array->mask].pfn = pfn;
	array->entries[head & array->mask].time = time;
	/* Pairs with the acquire in page_hinting_array_peek(). */
	smp_store_release(&array->head, head + 1);
	return true;
}

/**
 * page_hinting_array_peek - read the oldest entry of an array
 * @array: the array, of any CPU
 * @entry: filled with the entry
 *
 * Context: the pass.
 * Return: false if the array is empty.
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

/**
 * page_hinting_array_pop - drop the oldest entry of an array
 * @array: the array, not empty
 *
 * Context: the pass.
 */
void page_hinting_array_pop(struct page_hinting_array *array)
{
	/* Pairs with the acquire in page_hinting_array_push(). */
	smp_store_release(&array->tail, array->tail + 1);
}

/**
 * page_hinting_array_count - entries in an array
 * @array: the array, of any CPU
 *
 * Return: the number, which may be old when the caller sees it.
 */
unsigned int page_hinting_array_count(struct page_hinting_array *array)
{
	/* Pairs with the release in page_hinting_array_pop(). */
	unsigned int tail = smp_load_acquire(&array->tail);

	return READ_ONCE(array->head) - tail;
}

/**
 * page_hinting_capture - note a free block
 * @zone: the block's zone, its lock held
 * @page: first page of the block, on a free list, without marks
 * @order: the block's order
 * @time: since when it is free, in jiffies
 *
 * A block that finds the array full stays without a mark. That makes it
 * missed in the ledger, and a sweep will capture it: invariant 3, nothing
 * missed.
 *
 * Return: false if the array is full.
 */
bool page_hinting_capture(struct zone *zone, struct page *page,
			  unsigned int order, unsigned long time)
{
	unsigned long pfn = page_to_pfn(page);
	struct page_hinting_array *array;
	bool pushed;

	lockdep_assert_held(&zone->lock);

	/* Before the entry: who finds it may look at the block, see is_stale(). */
	page->hint_time = time;
	page_hinting_set_marks(page, BIT(PG_captured));

	/* On PREEMPT_RT the zone's lock does not keep us from being preempted. */
	preempt_disable_nested();
	array = this_cpu_ptr(&page_hinting_arrays);
	pushed = page_hinting_array_push(array, pfn, time);
	if (!pushed)
		WRITE_ONCE(array->overflowed, array->overflowed + 1);
	preempt_enable_nested();

	if (!pushed) {
		page_hinting_set_marks(page, 0);
		trace_page_hinting_overflow(pfn, order);
		return false;
	}

	zone->hinting.captured += 1UL << order;
	atomic_long_inc(&page_hinting_counters.captured);
	trace_page_hinting_capture(pfn, order);
	return true;
}

void __page_hinting_free(struct zone *zone, struct page *page,
			 unsigned int order)
{
	/*
	 * What is about to go off line, or to come on line: until it has, no
	 * walk sees it, not even to clear its mark. If it stays free we hear of
	 * it by page_hinting_moved().
	 */
	if (is_migrate_isolate_page(page))
		return;

	page_hinting_capture(zone, page, order,
			     READ_ONCE(page_hinting_draining) ?: jiffies);
	page_hinting_kick();
}

/**
 * page_hinting_arrays_alloc - give every possible CPU its array
 *
 * Context: may sleep; nothing is captured.
 * Return: 0 or -ENOMEM.
 */
int page_hinting_arrays_alloc(void)
{
	unsigned long nr_entries = totalram_pages() >> page_hinting_min_order;
	int cpu;

	nr_entries = roundup_pow_of_two(clamp(nr_entries, ARRAY_MIN_ENTRIES,
					      ARRAY_MAX_ENTRIES));

	for_each_possible_cpu(cpu) {
		struct page_hinting_array *array =
			per_cpu_ptr(&page_hinting_arrays, cpu);

		array->entries = kvmalloc_node(array_size(nr_entries,
							  sizeof(*array->entries)),
					       GFP_KERNEL, cpu_to_node(cpu));
		if (!array->entries) {
			page_hinting_arrays_free();
			return -ENOMEM;
		}
		array->mask = nr_entries - 1;
		array->head = 0;
		array->tail = 0;
	}
	return 0;
}

/**
 * page_hinting_arrays_free - take the arrays back
 *
 * Context: may sleep; nothing is captured, and no pass runs.
 */
void page_hinting_arrays_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct page_hinting_array *array =
			per_cpu_ptr(&page_hinting_arrays, cpu);

		kvfree(array->entries);
		array->entries = NULL;
		array->head = 0;
		array->tail = 0;
	}
}

/**
 * page_hinting_arrays_waiting - entries in all arrays together
 *
 * Return: the number, which may be old when the caller sees it.
 */
unsigned long page_hinting_arrays_waiting(void)
{
	unsigned long nr = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		nr += page_hinting_array_count(per_cpu_ptr(&page_hinting_arrays,
							   cpu));
	return nr;
}

/**
 * page_hinting_arrays_overflowed - captures that found their array full
 *
 * Return: the number since boot.
 */
unsigned long page_hinting_arrays_overflowed(void)
{
	unsigned long nr = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(&page_hinting_arrays,
					    cpu)->overflowed);
	return nr;
}

/**
 * page_hinting_arrays_empty - drop all entries; they count as stale
 *
 * Context: nothing is captured, and no pass runs.
 */
void page_hinting_arrays_empty(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct page_hinting_array *array =
			per_cpu_ptr(&page_hinting_arrays, cpu);

		atomic_long_add(page_hinting_array_count(array),
				&page_hinting_counters.stale);
		array->tail = array->head;
	}
}
