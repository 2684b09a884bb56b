/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free page hinting: what the stages share. The pass calls them; what they call of
 * it is page_hinting_kick(). The invariants that comments refer to by name are in
 * Documentation/mm/page_hinting.rst.
 */
#ifndef _MM_PAGE_HINTING_INTERNAL_H
#define _MM_PAGE_HINTING_INTERNAL_H

#include <linux/mm.h>
#include <linux/page_hinting.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include "hook.h"

/* Above every order that a block can have: captures nothing. */
#define PAGE_HINTING_CAPTURE_OFF	NR_PAGE_ORDERS

/* Blocks of smaller orders live in per-CPU page lists between their uses. */
#define PAGE_HINTING_ORDER_MIN		(PAGE_ALLOC_COSTLY_ORDER + 1)

/* Blocks that are looked at under one hold of a zone's lock. */
#define PAGE_HINTING_PER_LOCK		32

/* Beyond a minute memory is not given back in any useful sense. */
#define PAGE_HINTING_AGE_MS_MAX		60000

/* The time of a block that was free before we came. */
#define PAGE_HINTING_LONG_AGO		(128UL * HZ)

/*
 * A batch without an answer for so long is lost. Far above what a slow host needs, far
 * below the hung task detector's 120 s.
 */
#define PAGE_HINTING_LOST		(10UL * HZ)

/* Instead of jiffies until the next pass: no need for one. */
#define PAGE_HINTING_RESTS		ULONG_MAX

/* What happened to blocks, if not said otherwise. */
enum page_hinting_event {
	HINT_CAPTURED,		/* noted to be hinted */
	HINT_OVERFLOWED,	/* found the array full */
	HINT_STALE,		/* noted, and then not isolated */
	HINT_ISOLATED,		/* out of the buddy allocator */
	HINT_HINTED,		/* back, and the host has answered */
	HINT_PAGES_HINTED,	/* the same, in pages */
	HINT_RETURNED,		/* back, hinted or not */
	HINT_REGRETTED,		/* used again too soon: policy.c */
	HINT_FAILED,		/* batches that the host did not take */
	HINT_BATCHES,		/* batches handed to the device */
	HINT_RANGES,		/* ranges in them */
	HINT_PASSES,		/* runs of the pass */
	HINT_LOOKED,		/* places that the clock hand looked at */
	HINT_PIECES_LOOKED,	/* the slow hand */
	NR_HINT_EVENTS
};

DECLARE_PER_CPU(unsigned long [NR_HINT_EVENTS], page_hinting_events);

static inline void page_hinting_count_add(enum page_hinting_event event,
					  unsigned long nr)
{
	this_cpu_add(page_hinting_events[event], nr);
}

/* A look at a free block: true as long as its page has the mark and the time. */
struct page_hinting_entry {
	struct zone *zone;
	unsigned long pfn;
	unsigned long time;		/* jiffies; equals page->hint_time */
};

/*
 * A CPU's captured blocks: a ring of @mask + 1 entries. One producer, the hook on
 * this CPU with preemption off, and one consumer, the pass, which may run anywhere.
 */
struct page_hinting_array {
	struct page_hinting_entry *entries;
	unsigned int	mask;
	unsigned int	head;		/* ever put in; the CPU's */
	unsigned int	tail ____cacheline_aligned_in_smp;	/* ever taken out; the pass's */
};

/* A pass's candidates, sorted before they are isolated. */
struct page_hinting_pending {
	unsigned long room;		/* pages that the device can take */
	unsigned int ranges;		/* and ranges */
	unsigned long nr_pages;		/* in the candidates */
	bool held_up;			/* more can leave when something is back */
	unsigned int nr;
#define PAGE_HINTING_MAX_PENDING	256
	struct page_hinting_entry candidates[PAGE_HINTING_MAX_PENDING];
};

/* The host discards it in one go: a CPU of the guest may wait for a millisecond. */
#define PAGE_HINTING_BATCH_PAGES	(SZ_32M >> PAGE_SHIFT)

/* Candidates may become one range: so there may be more of them than ranges. */
static inline bool page_hinting_has_room(struct page_hinting_pending *pending)
{
	return pending->nr_pages < pending->room && pending->nr < 2 * pending->ranges &&
	       pending->nr < PAGE_HINTING_MAX_PENDING;
}

/* What this task frees was free before, since then (jiffies). */
struct page_hinting_drain {
	struct task_struct *by;
	unsigned long since;
};

extern struct page_hinting_drain page_hinting_drain;
extern unsigned int page_hinting_min_order;
extern unsigned int page_hinting_cold_order;

/*
 * How a hook wakes a work item. Lazy, it costs no interrupt of its own. On PREEMPT_RT
 * that is left for a thread, which stays behind with it when its CPU goes off line.
 */
#define PAGE_HINTING_IRQ_WORK(kick)					\
	__IRQ_WORK_INIT(kick, IS_ENABLED(CONFIG_PREEMPT_RT) ?		\
			      IRQ_WORK_HARD_IRQ : IRQ_WORK_LAZY)

/* The smallest blocks that are anything to us. */
static inline unsigned int page_hinting_hook_order(void)
{
	return min(READ_ONCE(page_hinting_cold_order),
		   READ_ONCE(page_hinting_min_order));
}

/* Whether a block captured now would be found later: see stop() in core.c. */
static inline bool page_hinting_running(void)
{
	return READ_ONCE(page_hinting_capture_order) != PAGE_HINTING_CAPTURE_OFF;
}

/* hook.c */
bool page_hinting_captured(const struct page_hinting_entry *entry);
void page_hinting_set_captured(struct zone *zone, struct page *page,
			       unsigned int order, unsigned long time);
/* capture.c */
DECLARE_PER_CPU(struct page_hinting_array, page_hinting_arrays);
extern struct cpumask page_hinting_cpus;
bool page_hinting_array_push(struct page_hinting_array *array,
			     const struct page_hinting_entry *entry);
bool page_hinting_array_peek(struct page_hinting_array *array,
			     struct page_hinting_entry *entry);
void page_hinting_array_pop(struct page_hinting_array *array);
unsigned int page_hinting_array_count(struct page_hinting_array *array);
void page_hinting_capture(struct zone *zone, struct page *page,
			  unsigned int order, unsigned long time);
int page_hinting_arrays_alloc(void);
void page_hinting_arrays_free(void);
/* clock.c */
unsigned long page_hinting_free_pages(struct zone *zone, unsigned int order,
				      unsigned int end);
unsigned long page_hinting_missed(struct zone *zone);
unsigned long page_hinting_anywhere(unsigned long (*count)(struct zone *zone));
struct page *page_hinting_next_block(struct zone *zone, struct page_hinting_hand *hand,
				     unsigned int order);
unsigned long page_hinting_clock(struct page_hinting_pending *pending, bool retry);
void page_hinting_forget(void);
/* collect.c */
unsigned long page_hinting_collect_array(struct page_hinting_array *array,
					 struct page_hinting_pending *pending,
					 unsigned long now, unsigned long age);
unsigned long page_hinting_collect(struct page_hinting_pending *pending);
void page_hinting_pend(struct page_hinting_pending *pending,
		       const struct page_hinting_entry *entry);
void page_hinting_sort(struct page_hinting_pending *pending);
/* pieces.c */
unsigned long page_hinting_pieces(struct zone *zone);
bool page_hinting_give_turn(struct zone *zone);
bool page_hinting_slow_hands(struct page_hinting_pending *pending);
/* isolate.c */
int page_hinting_isolate(const struct page_hinting_entry *candidate,
			 unsigned long *usable, struct page_hinting_batch *batch);
bool page_hinting_batch_fits(struct page_hinting_batch *batch,
			     unsigned long pfn, unsigned long nr_pages);
void page_hinting_batch_add(struct page_hinting_batch *batch,
			    unsigned long pfn, unsigned long nr_pages);
/* report.c */
int page_hinting_report(struct page_hinting_device *device,
			struct page_hinting_pending *pending);
/* return.c */
void page_hinting_return(struct page_hinting_batch *batch, bool hinted);
/* policy.c */
extern unsigned int page_hinting_age_ms;
extern unsigned int page_hinting_age_max_ms;
bool page_hinting_note_reused(struct zone *zone, unsigned long jiffies_free,
			      unsigned long nr_pages);
void page_hinting_note_regretted(struct zone *zone, unsigned long nr_pages);
void page_hinting_note_hinted(struct zone *zone, unsigned long time,
			      unsigned long nr_pages);
unsigned long page_hinting_fade(struct page_hinting_history *past,
				unsigned long elapsed, unsigned long longest);
unsigned long page_hinting_best_age(const struct page_hinting_history *past,
				    unsigned long assumed_cold,
				    unsigned long shortest,
				    unsigned long longest);
void page_hinting_learn(void);
void page_hinting_unlearn(void);
unsigned long page_hinting_age(void);
unsigned long page_hinting_shortest_age(void);
unsigned long page_hinting_usable(struct zone *zone);
bool page_hinting_spares(struct zone *zone, unsigned long usable,
			 unsigned long in_flight, unsigned long nr_pages);
/* pass.c */
void page_hinting_kick(void);
void page_hinting_completed(int error);
void page_hinting_run_pass(void);
bool page_hinting_refused(void);
void page_hinting_pass_start(struct page_hinting_device *device);
void page_hinting_pass_stop(void);
/* drain.c */
void page_hinting_burst(unsigned int nr);
void page_hinting_no_burst(void);
unsigned long page_hinting_drain_lists(void);
/* idle.c */
extern unsigned int page_hinting_compacts;
u64 page_hinting_idle_us(int cpu);
void page_hinting_tidy(void);
void page_hinting_idle_start(void);
void page_hinting_idle_stop(void);
/* whole.c */
#ifdef CONFIG_COMPACTION
bool page_hinting_worth_compacting(void);
bool page_hinting_compact(void);
void page_hinting_compact_all(unsigned long until);
#else
static inline bool page_hinting_worth_compacting(void) { return false; }
static inline bool page_hinting_compact(void) { return false; }
static inline void page_hinting_compact_all(unsigned long until) {}
#endif
/* recall.c */
int page_hinting_batches_alloc(struct page_hinting_device *device);
void page_hinting_batches_free(void);
void page_hinting_room(struct page_hinting_device *device,
		       struct page_hinting_pending *pending);
struct page_hinting_batch *
page_hinting_batch_begin(struct page_hinting_device *device);
void page_hinting_batch_sent(struct page_hinting_batch *batch);
void page_hinting_batch_end(struct page_hinting_batch *batch);
bool page_hinting_recalling(void);
unsigned long page_hinting_in_flight(void);
unsigned int page_hinting_unanswered(unsigned long until);
/* flush.c */
bool page_hinting_flushing(void);
unsigned long page_hinting_flush_age(unsigned long age);
unsigned int page_hinting_flush_requests(void);
void page_hinting_swept(unsigned int seen);
void page_hinting_flush_begin(void);
void page_hinting_flush_stopped(void);
int page_hinting_flush(unsigned int how);
/* core.c */
bool page_hinting_is_on(void);
int page_hinting_begin_anew(void);
int page_hinting_set_cold_order(unsigned int order);
int page_hinting_set_enabled(unsigned int enable);
int page_hinting_set_min_order(unsigned int order);
bool page_hinting_get_enabled(void);
/* sysfs.c */
unsigned long page_hinting_count(enum page_hinting_event event);
unsigned long page_hinting_waiting(void);
int page_hinting_sysfs_init(void);

#endif /* _MM_PAGE_HINTING_INTERNAL_H */
