// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: life cycle, and the pass that drives the stages.
 *
 * The engine runs while a device is registered and not paused, and hinting is
 * enabled. The control mutex serializes the changes between running and not.
 * The pass is one work item, so it is alone with the candidates and is the
 * only one who takes entries out of the arrays.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmstat.h>

#define CREATE_TRACE_POINTS
#include <trace/events/page_hinting.h>

#include "internal.h"

/*
 * After memory was recalled: leave the allocator alone for a while. Long for
 * a reclaim, short for the host. The longest is far above what a reclaim takes,
 * 16 rounds of which each may be throttled for a tenth of a second.
 */
#define RECALL_PAUSE		(1UL * HZ)
#define RECALL_PAUSE_MAX	(16UL * HZ)

/*
 * How long somebody short of memory waits for the host. Far above what a host
 * needs that is merely slow, far below the hung task detector's 120 s.
 */
#define RECALL_TIMEOUT		(10 * HZ)

/*
 * Longer than it takes an allocation, as a rule, from its last look for memory
 * to the OOM killer: what came back since may be what it missed.
 */
#define RECALL_MOMENT		(HZ / 20)

/* Between attempts when a zone spares nothing or the device fails. */
#define RETRY_MIN		HZ
#define RETRY_MAX		(64 * HZ)

/*
 * A pass serves what becomes old enough within an eighth of the age, or within
 * as little as a host that waits for it won't see.
 */
#define PASSES_PER_AGE		8
#define PASS_INTERVAL		(HZ / 100)

/* What the age was chosen by may have faded after so long. */
#define RECONSIDER		(HZ / 2)

DEFINE_STATIC_KEY_FALSE(page_hinting_key);
unsigned int page_hinting_capture_order __read_mostly = PAGE_HINTING_CAPTURE_OFF;
unsigned int page_hinting_min_order __read_mostly = MAX_PAGE_ORDER;
struct page_hinting_counters page_hinting_counters;

static DEFINE_MUTEX(control);
static bool chosen __ro_after_init = true;	/* page_hinting= at boot */
static bool enabled = true;			/* sysfs */
static bool paused;				/* by the device */
static bool running;
static struct page_hinting_device *device;
static struct page_hinting_pending *pending;

static void kick(struct irq_work *work);
static void page_hinting_pass(struct work_struct *work);

static struct workqueue_struct *workqueue;
static DECLARE_DELAYED_WORK(pass_work, page_hinting_pass);
/*
 * Lazy, it costs no interrupt of its own. On PREEMPT_RT what is lazy is left
 * for a thread, which stays behind with it when its CPU goes off line.
 */
static struct irq_work kick_work =
	__IRQ_WORK_INIT(kick, IS_ENABLED(CONFIG_PREEMPT_RT) ?
			      IRQ_WORK_HARD_IRQ : IRQ_WORK_LAZY);
static atomic_t armed;			/* the pass is queued or will be */
static unsigned long retry_delay;	/* jiffies; the pass's */
static bool device_fails;		/* since its last report; the pass's */
static unsigned long recalled_until;	/* nothing leaves before; jiffies, or 0 */

/**
 * page_hinting_running - whether marks may be set and passes queued
 *
 * Who sets marks looks at this under a zone's lock. stop() clears it and waits
 * for a grace period before page_hinting_forget() looks for marks, so that it
 * finds all that there will be.
 *
 * Return: true if so.
 */
bool page_hinting_running(void)
{
	return READ_ONCE(running);
}

/**
 * page_hinting_kick - see to it that a pass runs within the age
 *
 * Context: any, also under a zone's lock: queues an irq_work at the most.
 */
void page_hinting_kick(void)
{
	/*
	 * Pairs with the barrier in disarm(): either it sees our entry in the
	 * array, or we see that nothing is armed.
	 */
	smp_mb();
	if (!atomic_read(&armed) && !atomic_xchg(&armed, 1))
		irq_work_queue(&kick_work);
}

static unsigned long shortest_age(void)
{
	return max3(msecs_to_jiffies(READ_ONCE(page_hinting_age_ms)),
		    PASS_INTERVAL + 0UL, 1UL);
}

static void kick(struct irq_work *work)
{
	/*
	 * The shortest age: what was learned last may have faded by then. A
	 * retry far away may be pending already.
	 */
	if (page_hinting_running())
		mod_delayed_work(workqueue, &pass_work, shortest_age());
}

/**
 * page_hinting_reconsider - the bounds of the age have changed
 *
 * Context: any.
 */
void page_hinting_reconsider(void)
{
	if (page_hinting_running())
		mod_delayed_work(workqueue, &pass_work, 0);
}

/**
 * page_hinting_completed - a batch came back; go on if something waits for it
 * @error: not 0 if its blocks have to be hinted again
 *
 * Context: any.
 */
void page_hinting_completed(int error)
{
	if (!page_hinting_running())
		return;

	/* Adding the batch was a barrier; pairs with the one in host_will_do(). */
	if (READ_ONCE(pending->nr))
		mod_delayed_work(workqueue, &pass_work, 0);
	else if (error)
		page_hinting_kick();
}

/* Pages allocated or freed since boot; always 0 if the kernel doesn't count. */
static unsigned long pages_moved(void)
{
	unsigned long sum = 0;
#ifdef CONFIG_VM_EVENT_COUNTERS
	int cpu, zone;

	for_each_possible_cpu(cpu) {
		unsigned long *event = per_cpu(vm_event_states, cpu).event;

		sum += READ_ONCE(event[PGFREE]);
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			sum += READ_ONCE(event[PGALLOC_NORMAL - ZONE_NORMAL + zone]);
	}
#endif
	return sum;
}

/* When a pass last saw that pages come and go, in jiffies. */
static unsigned long moved_at;

/* A block's worth of pages since the last time is more than a few processes. */
static void watch_movement(void)
{
	static unsigned long moved_then;
	unsigned long moved = pages_moved();

	if (moved - moved_then < BIT(page_hinting_min_order))
		return;
	moved_then = moved;
	moved_at = jiffies;
}

/*
 * Nothing waits. What was freed page by page is partly still in the per-CPU
 * page lists, where it keeps the rest of its block from merging; how much that
 * is grows with the rate of freeing, up to an eighth of the memory, and left
 * alone it decays by an eighth a second. So once a burst is over the lists are
 * drained, and once only. It is not over while pages come and go, even if no
 * block becomes whole: then the lists are of use.
 *
 * Returns when to look again, in jiffies, or 0 if there is no need to.
 */
static unsigned long drain_after_burst(void)
{
	static unsigned long looked, delay;
	unsigned long now = jiffies;
	static long drained;

	if (atomic_long_read(&page_hinting_counters.captured) == drained)
		return 0;

	/* The longer it goes on, the less often it is worth a look. */
	if (moved_at != looked) {
		delay = clamp(2 * delay, shortest_age(), RECONSIDER + 0UL);
		looked = moved_at;
	}
	if (time_before(now, moved_at + delay))
		return moved_at + delay - now;

	delay = 0;
	WRITE_ONCE(page_hinting_draining, moved_at);
	drain_all_pages(NULL);
	WRITE_ONCE(page_hinting_draining, 0);
	drained = atomic_long_read(&page_hinting_counters.captured);
	return 0;
}

/* Whether nothing has come that no pass is queued for. Disarms if so. */
static bool disarm(void)
{
	struct zone *zone;
	bool quiet;

	atomic_set(&armed, 0);
	/* Pairs with the barrier in page_hinting_kick(). */
	smp_mb();
	quiet = !page_hinting_arrays_waiting();
	for_each_populated_zone(zone) {
		spin_lock_irq(&zone->lock);
		quiet = quiet && !page_hinting_uneven(zone);
		spin_unlock_irq(&zone->lock);
	}
	return quiet || atomic_xchg(&armed, 1);
}

/* Whether a batch that comes back will queue the pass, and has to. */
static bool host_will_do(void)
{
	if (!pending->nr)
		return false;
	/* Pairs with page_hinting_completed(): it sees pending->nr, or we see this. */
	smp_mb();
	return atomic_long_read(&page_hinting_in_flight) &&
	       (!page_hinting_batch_idle() ||
		pending->nr == PAGE_HINTING_MAX_PENDING);
}

static unsigned long back_off(void)
{
	unsigned long delay = retry_delay;

	retry_delay = min(2 * retry_delay, RETRY_MAX);
	return delay;
}

/* @taken: batches that the device took, negative if it failed */
static void queue_next_pass(int taken)
{
	unsigned long now = jiffies, age = page_hinting_age(), delay, oldest;

	if (taken)
		device_fails = taken < 0;
	if (taken > 0)
		retry_delay = RETRY_MIN;

	if (page_hinting_recalling()) {
		delay = RECALL_PAUSE;
	} else if (device_fails) {
		delay = back_off();
	} else if (host_will_do()) {
		return;
	} else if (page_hinting_oldest(&oldest)) {
		delay = max3(age / PASSES_PER_AGE, PASS_INTERVAL + 0UL, 1UL);
		if (time_after(oldest + age, now + delay))
			delay = min(oldest + age - now, RECONSIDER + 0UL);
	} else {
		delay = drain_after_burst();
		/* A kick does not wait for what is queued after this. */
		if (!disarm())
			delay = shortest_age();
		else if (page_hinting_missed_anywhere() ||
			 (READ_ONCE(pending->nr) &&
			  !atomic_long_read(&page_hinting_in_flight)))
			/* Their zones can't spare them. */
			delay = back_off();
		else if (!delay)
			return;
	}
	queue_delayed_work(workqueue, &pass_work, delay);
}

/* By its full name, for who traces the workqueues. */
static void page_hinting_pass(struct work_struct *work)
{
	int taken;

	if (!page_hinting_running())
		return;

	atomic_long_inc(&page_hinting_counters.passes);
	watch_movement();
	page_hinting_learn();
	page_hinting_collect(pending, jiffies, page_hinting_age());
	page_hinting_sort(pending);
	taken = page_hinting_report(device, pending);
	page_hinting_audit();
	queue_next_pass(taken);
}

static void start(void)
{
	lockdep_assert_held(&control);

	if (running || !device || paused || !enabled)
		return;

	pending->nr = 0;
	retry_delay = RETRY_MIN;
	device_fails = false;
	moved_at = jiffies;
	page_hinting_unlearn();
	static_branch_enable(&page_hinting_key);
	WRITE_ONCE(running, true);
	WRITE_ONCE(page_hinting_capture_order, page_hinting_min_order);

	/* What is free already has no mark: the first audit finds it missed. */
	atomic_set(&armed, 1);
	queue_delayed_work(workqueue, &pass_work, 0);
}

/* Batches in flight stay so; page_hinting_complete() copes. */
static void stop(void)
{
	lockdep_assert_held(&control);

	if (!running)
		return;

	WRITE_ONCE(page_hinting_capture_order, PAGE_HINTING_CAPTURE_OFF);
	WRITE_ONCE(running, false);
	/* A hook runs under a spinlock: this waits for those under way. */
	synchronize_rcu();
	irq_work_sync(&kick_work);
	cancel_delayed_work_sync(&pass_work);

	atomic_long_add(pending->nr, &page_hinting_counters.stale);
	pending->nr = 0;
	page_hinting_arrays_empty();
	page_hinting_forget();
	/* Not before no page has a mark that it would carry into its use. */
	static_branch_disable(&page_hinting_key);
}

/**
 * page_hinting_recalling - whether memory was recalled a moment ago
 *
 * Return: true while nothing may be isolated because of that.
 */
bool page_hinting_recalling(void)
{
	unsigned long until = READ_ONCE(recalled_until);

	if (until && time_before(jiffies, until))
		return true;
	/* Not to be true again when jiffies have gone round. */
	if (until)
		cmpxchg(&recalled_until, until, 0);
	return false;
}

/* Nothing leaves for so many jiffies, but for what in_flight shows from now on. */
static void pause_for(unsigned long pause)
{
	unsigned long until = (jiffies + pause) | 1;	/* 0 means never */
	unsigned long before = READ_ONCE(recalled_until);

	if (!before || time_after(until, before))
		WRITE_ONCE(recalled_until, until);
	/* Pairs with the barrier in page_hinting_isolate(). */
	smp_mb();
}

/* Waits until nothing is in flight, and nothing new leaves; not for a stuck host. */
static void wait_for_host(void)
{
	/* Answers at the end of a wait that was in vain: not again before more. */
	static long stuck_at = -1;
	unsigned long begin = jiffies;
	long answers;
	bool back;

	if (!atomic_long_read_acquire(&page_hinting_in_flight) ||
	    atomic_long_read(&page_hinting_answers) == READ_ONCE(stuck_at))
		return;

	do {
		/* Before the wait, so that no answer is overlooked. */
		answers = atomic_long_read(&page_hinting_answers);
		/* Anew, lest the pause ends before. */
		pause_for(RECALL_PAUSE);
		back = wait_event_timeout(page_hinting_all_back,
					  !atomic_long_read_acquire(&page_hinting_in_flight),
					  RECALL_PAUSE / 2);
	} while (!back && time_before(jiffies, begin + RECALL_TIMEOUT));

	if (!back)
		WRITE_ONCE(stuck_at, answers);
}

/* Returns how many pages came back since there were @returned. */
static unsigned long recall(unsigned long returned)
{
	/* They may use the reserves, and are to be done soon. */
	if ((current->flags & PF_MEMALLOC) || tsk_is_oom_victim(current))
		return 0;

	wait_for_host();
	returned = page_hinting_returned() - returned;
	if (!returned)
		return 0;

	/* It is the caller's, not to leave again. */
	pause_for(RECALL_PAUSE);
	wait_for_host();
	return returned;
}

/**
 * page_hinting_recall - get back what is in flight before failing for want of it
 * @returned: page_hinting_returned() before the caller last looked for memory
 *
 * Invariant 5 (no false OOM). Whoever fails to allocate waits until all that
 * is in flight is back, and nothing new leaves for RECALL_PAUSE. So trying
 * again is worth it, also for who comes when it is back already but looked
 * before it was.
 *
 * What was in flight when hinting was switched off is waited for as well.
 *
 * Context: may sleep, for milliseconds while the host is well and for ten
 * seconds at the most; holds nothing that a device's interrupt could wait for.
 * Return: true if memory came back since, so that trying again makes sense.
 */
bool page_hinting_recall(unsigned long returned)
{
	return recall(returned);
}

/*
 * The OOM killer is put off. If it was wanted for memory that nobody has, in a
 * zone that we have none of, then it is wanted again; and if until then hinting
 * went on elsewhere, it would be put off again, for ever. So the pause grows
 * until it is longer than an allocation takes to come back.
 */
static void put_off(void)
{
	/* Protected by oom_lock. */
	static unsigned long last, pause = RECALL_PAUSE;
	unsigned long since = jiffies - last;

	last = jiffies;
	if (since >= 4 * pause)
		pause = RECALL_PAUSE;
	else if (since >= pause)
		pause = min(2 * pause, RECALL_PAUSE_MAX);
	pause_for(pause);
}

static int oom_notify(struct notifier_block *block, unsigned long unused,
		      void *arg)
{
	unsigned long before = page_hinting_returned(), *freed = arg;
	unsigned long last = READ_ONCE(page_hinting_last_return);
	unsigned long back = recall(before);

	/* Who calls for the killer can't say when he looked. */
	if (!back && jiffies - last < RECALL_MOMENT)
		back = 1;
	if (back)
		put_off();
	*freed += back;
	return NOTIFY_OK;
}

static struct notifier_block oom_block = { .notifier_call = oom_notify };

/**
 * page_hinting_chosen - whether hinting, not page reporting, gets the device
 *
 * Return: false after page_hinting=off on the kernel's command line.
 */
bool page_hinting_chosen(void)
{
	return chosen;
}
EXPORT_SYMBOL_GPL(page_hinting_chosen);

/**
 * page_hinting_register - give the engine a device, and start it
 * @dev: the device; ready to take batches
 *
 * Allocates all that hinting needs until page_hinting_unregister().
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if the device has no room for a range, -EBUSY if there
 * is a device already, -EOPNOTSUPP if hinting is off by the command line,
 * -ENODEV if it failed to start at boot, -ENOMEM.
 */
int page_hinting_register(struct page_hinting_device *dev)
{
	int error;

	if (!dev->report || !dev->max_ranges || !dev->max_batches)
		return -EINVAL;
	if (!chosen)
		return -EOPNOTSUPP;
	if (!workqueue)
		return -ENODEV;

	mutex_lock(&control);
	error = -EBUSY;
	if (device)
		goto unlock;

	error = -ENOMEM;
	pending = kvzalloc(sizeof(*pending), GFP_KERNEL);
	if (!pending)
		goto unlock;
	error = page_hinting_arrays_alloc();
	if (error)
		goto free_pending;
	error = page_hinting_batches_alloc(dev);
	if (error)
		goto free_arrays;
	error = register_oom_notifier(&oom_block);
	if (error)
		goto free_batches;

	device = dev;
	paused = false;
	start();
	goto unlock;

free_batches:
	page_hinting_batches_free();
free_arrays:
	page_hinting_arrays_free();
free_pending:
	kvfree(pending);
	pending = NULL;
unlock:
	mutex_unlock(&control);
	return error;
}
EXPORT_SYMBOL_GPL(page_hinting_register);

/**
 * page_hinting_unregister - stop the engine and take the device from it
 * @dev: the registered device; has completed all its batches after
 *	page_hinting_pause(), for the host must not own any when it goes
 *
 * Context: may sleep.
 */
void page_hinting_unregister(struct page_hinting_device *dev)
{
	mutex_lock(&control);
	if (WARN_ON_ONCE(device != dev))
		goto unlock;

	stop();
	wait_event(page_hinting_all_back,
		   !atomic_long_read(&page_hinting_in_flight));
	/* Who completed the last batch may still look at what we free. */
	synchronize_rcu();
	unregister_oom_notifier(&oom_block);
	device = NULL;
	page_hinting_batches_free();
	page_hinting_arrays_free();
	kvfree(pending);
	pending = NULL;
unlock:
	mutex_unlock(&control);
}
EXPORT_SYMBOL_GPL(page_hinting_unregister);

/**
 * page_hinting_pause - stop giving batches to the device
 * @dev: the registered device
 *
 * Afterwards &page_hinting_device.report is not running and will not be
 * called; batches in flight are still owed to page_hinting_complete().
 *
 * Context: may sleep; also while devices suspend.
 */
void page_hinting_pause(struct page_hinting_device *dev)
{
	mutex_lock(&control);
	if (device == dev) {
		paused = true;
		stop();
	}
	mutex_unlock(&control);
}
EXPORT_SYMBOL_GPL(page_hinting_pause);

/**
 * page_hinting_resume - go on after page_hinting_pause()
 * @dev: the registered device, ready to take batches
 *
 * All free memory is hinted again: the host may be another one.
 *
 * Context: may sleep; also while devices resume.
 */
void page_hinting_resume(struct page_hinting_device *dev)
{
	mutex_lock(&control);
	if (device == dev) {
		paused = false;
		start();
	}
	mutex_unlock(&control);
}
EXPORT_SYMBOL_GPL(page_hinting_resume);

/**
 * page_hinting_waiting - entries that have not been through isolation
 *
 * Return: the number in the arrays and with the pass. While it runs that may be
 * more than there are, never less: it is 0 when nothing waits.
 */
unsigned long page_hinting_waiting(void)
{
	unsigned long nr;

	mutex_lock(&control);
	nr = page_hinting_arrays_waiting();
	if (pending)
		nr += READ_ONCE(pending->nr);
	mutex_unlock(&control);
	return nr;
}

/**
 * page_hinting_get_enabled - the administrator's choice
 *
 * Return: true if hinting is to run whenever there is a device.
 */
bool page_hinting_get_enabled(void)
{
	return chosen && READ_ONCE(enabled);
}

/**
 * page_hinting_set_enabled - switch hinting on or off
 * @enable: the choice
 *
 * Context: may sleep.
 * Return: 0, or -EOPNOTSUPP if it was left to page reporting at boot.
 */
int page_hinting_set_enabled(bool enable)
{
	if (!chosen)
		return enable ? -EOPNOTSUPP : 0;

	mutex_lock(&control);
	WRITE_ONCE(enabled, enable);
	if (enable)
		start();
	else
		stop();
	mutex_unlock(&control);
	return 0;
}

/**
 * page_hinting_set_min_order - choose the smallest blocks that are hinted
 * @order: from PAGE_HINTING_ORDER_MIN to MAX_PAGE_ORDER
 *
 * Context: may sleep.
 * Return: 0, or -EINVAL.
 */
int page_hinting_set_min_order(unsigned int order)
{
	if (order < PAGE_HINTING_ORDER_MIN || order > MAX_PAGE_ORDER)
		return -EINVAL;

	mutex_lock(&control);
	/* The ledgers count blocks of the old order, so they start anew. */
	if (order != page_hinting_min_order) {
		stop();
		WRITE_ONCE(page_hinting_min_order, order);
		start();
	}
	mutex_unlock(&control);
	return 0;
}

static int __init page_hinting_setup(char *value)
{
	return kstrtobool(value, &chosen);
}
early_param("page_hinting", page_hinting_setup);

static int __init page_hinting_init(void)
{
	int error;

	/* Unbound: the CPU that frees memory has other work to do. */
	workqueue = alloc_workqueue("page_hinting",
				    WQ_UNBOUND | WQ_FREEZABLE, 1);
	if (!workqueue)
		return -ENOMEM;

	error = page_hinting_sysfs_init();
	if (error) {
		destroy_workqueue(workqueue);
		workqueue = NULL;
	}
	return error;
}
subsys_initcall(page_hinting_init);
