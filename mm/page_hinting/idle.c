// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting, idle: what costs the guest more than a hint, and waits until it
 * has nothing else to do. First its free memory is made whole (whole.c), then what
 * is left in pieces is looked for (pieces.c). Nothing runs when there is neither.
 */
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kernel_stat.h>
#include <linux/tick.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "internal.h"

/* Between looks whether the guest is idle, and between turns of the slow hands. */
#define LOOK		(1UL * HZ)

/* Between looks at a device that takes nothing, or has lost a batch. */
#define STUCK		(64UL * HZ)

/* Between slices of compaction, which are shorter. */
#define PAUSE		(HZ / 10UL)

static void kick(struct irq_work *work);
static void tidy(struct work_struct *work);
static DECLARE_DELAYED_WORK(tidy_work, tidy);
static struct irq_work kick_work = PAGE_HINTING_IRQ_WORK(kick);

unsigned int page_hinting_compacts = 1;

static atomic_t armed;			/* there is no need to queue it */
static bool fresh;			/* there was no look since it started */
static u64 idle_before, looked_before;	/* us */
static unsigned int cpus_before;

static void queue(unsigned long delay)
{
	if (page_hinting_running())
		queue_delayed_work(system_unbound_wq, &tidy_work, delay);
}

static void kick(struct irq_work *work)
{
	queue(LOOK);
}

/* Pieces became free; a zone's lock may be held, see page_hinting_kick(). */
void page_hinting_tidy(void)
{
	if (!atomic_read(&armed) && !atomic_xchg(&armed, 1))
		irq_work_queue(&kick_work);
}

/*
 * For how long a CPU was idle since the boot, in us. Waiting for I/O is idle: who
 * waits in io_uring for whatever comes does that for ever.
 */
u64 page_hinting_idle_us(int cpu)
{
	u64 idle = get_cpu_idle_time_us(cpu, NULL);
	u64 *stat = kcpustat_cpu(cpu).cpustat;

	/* Without NO_HZ. */
	if (idle == -1ULL)
		return div_u64(stat[CPUTIME_IDLE] + stat[CPUTIME_IOWAIT], NSEC_PER_USEC);
	return idle + get_cpu_iowait_time_us(cpu, NULL);
}

/*
 * Whether three quarters of the CPUs' time since the last look were idle; false at a
 * first look.
 */
static bool guest_is_idle(void)
{
	u64 idle = 0, now = ktime_to_us(ktime_get()), elapsed = now - looked_before;
	unsigned int cpus = 0;
	bool answer;
	int cpu;

	for_each_online_cpu(cpu) {
		idle += page_hinting_idle_us(cpu);
		cpus++;
	}
	answer = !xchg(&fresh, false) && cpus == cpus_before && idle > idle_before &&
		 idle - idle_before >= elapsed * cpus / 4 * 3;
	cpus_before = cpus;
	idle_before = idle;
	looked_before = now;
	return answer;
}

/* Gives each slow hand that has something to find a turn. */
static bool give_turns(void)
{
	struct zone *zone;
	bool any = false;

	for_each_populated_zone(zone)
		any |= page_hinting_give_turn(zone);
	return any;
}

static bool anything_to_do(void)
{
	return give_turns() || (READ_ONCE(page_hinting_compacts) &&
				page_hinting_worth_compacting());
}

static void tidy(struct work_struct *work)
{
	unsigned long delay = LOOK;

	if (!page_hinting_running())
		return;
	if (page_hinting_refused() || page_hinting_unanswered(jiffies - PAGE_HINTING_LOST)) {
		delay = STUCK;
		/* It may take something again, which only a batch can tell. */
		if (page_hinting_refused() && give_turns())
			page_hinting_run_pass();
	} else if (guest_is_idle() && !page_hinting_flushing()) {
		if (READ_ONCE(page_hinting_compacts) && page_hinting_compact()) {
			delay = PAUSE;
			/* Our own time does not count. */
			guest_is_idle();
		} else if (give_turns()) {
			page_hinting_run_pass();
		} else {
			delay = 0;
		}
	}
	if (!delay) {
		/* As disarm() in pass.c: the hook armed it, or we see its piece. */
		WRITE_ONCE(fresh, true);
		atomic_set(&armed, 0);
		if (!anything_to_do() || atomic_xchg(&armed, 1))
			return;
		delay = LOOK;
	}
	queue(delay);
}

void page_hinting_idle_start(void)
{
	atomic_set(&armed, 1);
	WRITE_ONCE(fresh, true);
	queue(LOOK);
}

void page_hinting_idle_stop(void)
{
	irq_work_sync(&kick_work);
	/* If it is running it may wait for a page's lock, and needs nothing of ours. */
	cancel_delayed_work(&tidy_work);
}
