/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free page hinting: what the stages share. A block goes through
 *
 *	capture.c -> collect.c -> isolate.c -> report.c -> return.c
 *
 * ledger.c finds what escaped the capture, policy.c decides when and how
 * much, core.c starts and stops it all. The invariants that comments refer
 * to by name are in Documentation/mm/page_hinting.rst.
 */
#ifndef _MM_PAGE_HINTING_INTERNAL_H
#define _MM_PAGE_HINTING_INTERNAL_H

#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_hinting.h>
#include <linux/percpu-defs.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "hook.h"

/* Above every order that a block can have: captures nothing. */
#define PAGE_HINTING_CAPTURE_OFF	NR_PAGE_ORDERS

/*
 * Blocks up to PAGE_ALLOC_COSTLY_ORDER live in per-CPU page lists between
 * their uses; chasing them would cost more than they are worth.
 */
#define PAGE_HINTING_ORDER_MIN		(PAGE_ALLOC_COSTLY_ORDER + 1)

/* One look at a free block. */
struct page_hinting_entry {
	unsigned long pfn;
	unsigned long time;		/* jiffies; equals page->hint_time */
};

/**
 * struct page_hinting_array - a CPU's captured blocks, oldest first
 * @entries: ring of @mask + 1 entries, NULL while no device is registered
 * @mask: entries less one, a power of two less one
 * @head: entries ever put in; only the array's CPU writes it
 * @overflowed: captures that found the array full; as @head
 * @tail: entries ever taken out; only the pass writes it
 *
 * One producer, the hook on this CPU with preemption off, and one consumer,
 * the pass, which may run anywhere, so that an offline CPU's array is read
 * like any other.
 */
struct page_hinting_array {
	struct page_hinting_entry *entries;
	unsigned int	mask;
	unsigned int	head;
	unsigned long	overflowed;
	unsigned int	tail ____cacheline_aligned_in_smp;
};

/* A collected entry with the zone that it lies in. */
struct page_hinting_candidate {
	struct zone *zone;
	struct page_hinting_entry entry;
};

/**
 * struct page_hinting_pending - the candidates of the pass
 * @nr: valid entries in @candidates
 * @candidates: sorted by zone and pfn after page_hinting_sort()
 */
struct page_hinting_pending {
	unsigned int nr;
#define PAGE_HINTING_MAX_PENDING	1024	/* 4 GiB at order 10 */
	struct page_hinting_candidate candidates[PAGE_HINTING_MAX_PENDING];
};

/* What became of a candidate. */
enum page_hinting_verdict {
	PAGE_HINTING_ISOLATED,		/* in the batch */
	PAGE_HINTING_STALE,		/* not what was captured; drop it */
	PAGE_HINTING_REFUSED,		/* its zone can't spare it now */
	PAGE_HINTING_FULL,		/* the batch has no room for it */
};

/*
 * Beyond a minute memory is not given back in any useful sense. A bucket for
 * each power of two milliseconds that a block was free.
 */
#define PAGE_HINTING_AGE_MS_MAX	60000
#define PAGE_HINTING_BUCKETS	17

#define PAGE_HINTING_SLOTS	ARRAY_SIZE(((struct zone *)NULL)->hinting.recent)

/* The time of a block that was free before we came. */
#define PAGE_HINTING_LONG_AGO	(128UL * HZ)

/**
 * struct page_hinting_evidence - what a CPU has seen, ever growing, in pages
 * @reused: used again; in the bucket n those that were free for up to 2^n ms
 * @hinted: hinted; but not those that were free before we came
 * @regretted: of @hinted, what should not have been; also in @reused
 */
struct page_hinting_evidence {
	unsigned long reused[PAGE_HINTING_BUCKETS];
	unsigned long hinted;
	unsigned long regretted;
};

/**
 * struct page_hinting_history - evidence of all CPUs, fading with time
 * @reused: as in &struct page_hinting_evidence
 * @hinted: as there
 * @regretted: as there
 */
struct page_hinting_history {
	u64 reused[PAGE_HINTING_BUCKETS];
	u64 hinted;
	u64 regretted;
};

/**
 * struct page_hinting_counters - what sysfs shows, in blocks if not said
 * @captured: entries put into the arrays
 * @stale: entries dropped: taken meanwhile, captured twice, not hintable
 * @isolated: blocks taken out of the buddy allocator
 * @hinted: blocks that the host has answered for
 * @returned: blocks back in the buddy allocator, hinted or not
 * @regretted: hinted blocks that were used while others, freed less than the
 *	longest age before, had been hinted: had those been kept, they would
 *	have been used instead
 * @batches: batches handed to the device
 * @ranges: ranges in them
 * @sweeps: sweeps of a zone's free memory after a miss
 * @passes: runs of the pass
 */
struct page_hinting_counters {
	atomic_long_t captured;
	atomic_long_t stale;
	atomic_long_t isolated;
	atomic_long_t hinted;
	atomic_long_t returned;
	atomic_long_t regretted;
	atomic_long_t batches;
	atomic_long_t ranges;
	atomic_long_t sweeps;
	atomic_long_t passes;
};

extern struct page_hinting_counters page_hinting_counters;

/* Blocks of smaller orders are never marked; page_hinting_forget() relies on it. */
#define page_hinting_mark_order()	\
	min_t(unsigned int, page_hinting_min_order, pageblock_order)

/* The zone of a page that may be in use: to be looked at again under its lock. */
static inline struct zone *page_hinting_zone(const struct page *page)
{
	/* Other flags change, and on NUMA the node is among them. */
	return data_race(page_zone(page));
}

/* core.c */
extern unsigned int page_hinting_min_order;
bool page_hinting_running(void);
bool page_hinting_recalling(void);
void page_hinting_kick(void);
void page_hinting_completed(int error);
void page_hinting_reconsider(void);
int page_hinting_set_enabled(bool enabled);
int page_hinting_set_min_order(unsigned int order);
bool page_hinting_get_enabled(void);
unsigned long page_hinting_waiting(void);

/* capture.c */
DECLARE_PER_CPU(struct page_hinting_array, page_hinting_arrays);
extern unsigned long page_hinting_draining;
bool page_hinting_array_push(struct page_hinting_array *array,
			     unsigned long pfn, unsigned long time);
bool page_hinting_array_peek(struct page_hinting_array *array,
			     struct page_hinting_entry *entry);
void page_hinting_array_pop(struct page_hinting_array *array);
unsigned int page_hinting_array_count(struct page_hinting_array *array);
bool page_hinting_capture(struct zone *zone, struct page *page,
			  unsigned int order, unsigned long time);
int page_hinting_arrays_alloc(void);
void page_hinting_arrays_free(void);
void page_hinting_arrays_empty(void);
unsigned long page_hinting_arrays_waiting(void);
unsigned long page_hinting_arrays_overflowed(void);

/* collect.c */
void page_hinting_collect(struct page_hinting_pending *pending,
			  unsigned long now, unsigned long age);
void page_hinting_collect_array(struct page_hinting_array *array,
				struct page_hinting_pending *pending,
				unsigned long now, unsigned long age);
void page_hinting_sort(struct page_hinting_pending *pending);
bool page_hinting_oldest(unsigned long *time);

/* isolate.c */
unsigned long page_hinting_usable(struct zone *zone, bool cma);
enum page_hinting_verdict
page_hinting_isolate(struct page_hinting_candidate *candidate,
		     struct page_hinting_batch *batch, unsigned int max_ranges);
bool page_hinting_batch_fits(struct page_hinting_batch *batch,
			     unsigned int max_ranges, unsigned long pfn,
			     unsigned long nr_pages);
void page_hinting_batch_add(struct page_hinting_batch *batch,
			    unsigned long pfn, unsigned long nr_pages);

/* report.c */
int page_hinting_batches_alloc(struct page_hinting_device *device);
void page_hinting_batches_free(void);
int page_hinting_report(struct page_hinting_device *device,
			struct page_hinting_pending *pending);
bool page_hinting_batch_idle(void);
extern atomic_long_t page_hinting_answers;

/* return.c */
extern atomic_long_t page_hinting_in_flight;
extern wait_queue_head_t page_hinting_all_back;
extern unsigned long page_hinting_last_return;
void page_hinting_return(struct page_hinting_batch *batch, bool hinted);

/* ledger.c */
unsigned long page_hinting_missed(struct zone *zone);
unsigned long page_hinting_missed_anywhere(void);
bool page_hinting_hintable(struct page *page);
void page_hinting_uncapture(struct zone *zone, struct page *page);
void page_hinting_set_unhintable(struct zone *zone, struct page *page);
bool page_hinting_uneven(struct zone *zone);
void page_hinting_audit(void);
void page_hinting_forget(void);

/* policy.c */
extern unsigned int page_hinting_age_ms;
extern unsigned int page_hinting_age_max_ms;
void page_hinting_note_taken(unsigned long time, unsigned long nr_pages);
void page_hinting_note_regretted(struct zone *zone, unsigned long nr_pages);
void page_hinting_note_hinted(struct zone *zone, unsigned long time,
			      unsigned long nr_pages);
unsigned long page_hinting_fade(struct page_hinting_history *past,
				unsigned long elapsed, unsigned int max_ms);
unsigned int page_hinting_best_age(const struct page_hinting_history *past,
				   unsigned long assumed_cold,
				   unsigned int min_ms, unsigned int max_ms);
void page_hinting_learn(void);
void page_hinting_unlearn(void);
unsigned int page_hinting_age_now_ms(void);
unsigned long page_hinting_age(void);
bool page_hinting_spares(unsigned long free, unsigned long high,
			 unsigned long in_flight, unsigned long nr_pages);

/* sysfs.c */
int page_hinting_sysfs_init(void);

#endif /* _MM_PAGE_HINTING_INTERNAL_H */
