// SPDX-License-Identifier: GPL-2.0
/* Free page hinting: the device, and when the engine runs. */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#define CREATE_TRACE_POINTS
#include <trace/events/page_hinting.h>
#include "internal.h"

DEFINE_STATIC_KEY_FALSE(page_hinting_key);
unsigned int page_hinting_capture_order __read_mostly = PAGE_HINTING_CAPTURE_OFF;
unsigned int page_hinting_min_order __read_mostly;
unsigned int page_hinting_cold_order __read_mostly;

static DEFINE_MUTEX(control);
static bool chosen __ro_after_init = true;	/* page_hinting= at boot */
static bool enabled = true;			/* sysfs */
static bool paused;				/* by the device */
static struct page_hinting_device *device;

/* Under the control mutex, as stop(). */
static void start(void)
{
	if (page_hinting_running() || !device || paused || !enabled)
		return;

	page_hinting_unlearn();
	static_branch_enable(&page_hinting_key);
	page_hinting_pass_start(device);
}

/*
 * Who sets marks looks at the order under a zone's lock; so after a grace period
 * all that there will be are found. Batches in flight stay so.
 */
static void forget_all(void)
{
	WRITE_ONCE(page_hinting_capture_order, PAGE_HINTING_CAPTURE_OFF);
	synchronize_rcu();
	page_hinting_pass_stop();
}

static void stop(void)
{
	if (!page_hinting_running())
		return;
	forget_all();
	page_hinting_flush_stopped();
	/* Not before no page has a mark that it would carry into its use. */
	static_branch_disable(&page_hinting_key);
}

static void free_all(void)
{
	page_hinting_batches_free();
	page_hinting_arrays_free();
}

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
 * Context: may sleep.
 * Return: 0; -EINVAL if the device has no room for a range, -EBUSY if there is a
 * device already, -EOPNOTSUPP if hinting is off by the command line, -ENOMEM.
 */
int page_hinting_register(struct page_hinting_device *dev)
{
	int error;

	if (!dev->report || !dev->max_ranges || !dev->max_batches ||
	    !dev->max_descriptors)
		return -EINVAL;
	if (!chosen)
		return -EOPNOTSUPP;

	guard(mutex)(&control);
	if (device)
		return -EBUSY;
	error = page_hinting_arrays_alloc() ?: page_hinting_batches_alloc(dev);
	if (error) {
		free_all();
		return error;
	}
	device = dev;
	paused = false;
	start();
	return 0;
}
EXPORT_SYMBOL_GPL(page_hinting_register);

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
	guard(mutex)(&control);
	if (WARN_ON_ONCE(device != dev))
		return;
	paused = true;
	stop();
}
EXPORT_SYMBOL_GPL(page_hinting_pause);

/**
 * page_hinting_unregister - take the device from the engine
 * @dev: the registered device, paused, and done with page_hinting_complete()
 *	for all its batches: the host must not own any when it goes
 *
 * If it comes back and registers anew, all free memory is hinted again: the host
 * may be another one.
 *
 * Context: may sleep.
 */
void page_hinting_unregister(struct page_hinting_device *dev)
{
	guard(mutex)(&control);
	if (WARN_ON_ONCE(device != dev || !paused || page_hinting_in_flight()))
		return;
	device = NULL;
	free_all();
}
EXPORT_SYMBOL_GPL(page_hinting_unregister);

bool page_hinting_get_enabled(void)
{
	return chosen && READ_ONCE(enabled);
}

/* Returns -EOPNOTSUPP if hinting was left to page reporting at boot. */
int page_hinting_set_enabled(unsigned int enable)
{
	if (enable > 1)
		return -EINVAL;
	if (!chosen)
		return enable ? -EOPNOTSUPP : 0;

	guard(mutex)(&control);
	WRITE_ONCE(enabled, enable);
	if (enable)
		start();
	else
		stop();
	return 0;
}

/* The ledgers count blocks of the old order, so they start anew. */
static int set_order(unsigned int *value, unsigned int order)
{
	if (order < PAGE_HINTING_ORDER_MIN || order > MAX_PAGE_ORDER)
		return -EINVAL;

	guard(mutex)(&control);
	if (order == *value)
		return 0;
	stop();
	WRITE_ONCE(*value, order);
	start();
	return 0;
}

int page_hinting_set_min_order(unsigned int order)
{
	return set_order(&page_hinting_min_order, order);
}

/* From min_order on there are no pieces. */
int page_hinting_set_cold_order(unsigned int order)
{
	return set_order(&page_hinting_cold_order, order);
}

/* Whether hinting runs, or does again in a moment; may sleep. */
bool page_hinting_is_on(void)
{
	guard(mutex)(&control);
	return page_hinting_running();
}

/* Forgets what the host has got, so that all is hinted again; -ENODEV if it is off. */
int page_hinting_begin_anew(void)
{
	guard(mutex)(&control);
	if (!page_hinting_running())
		return -ENODEV;
	forget_all();
	page_hinting_flush_begin();
	page_hinting_pass_start(device);
	return 0;
}

static int __init page_hinting_setup(char *value)
{
	return kstrtobool(value, &chosen);
}
early_param("page_hinting", page_hinting_setup);

static int __init page_hinting_init(void)
{
	/* What page reporting reports, too; larger blocks are captured whole. */
	page_hinting_min_order = min3(get_order(SZ_2M) + 0U, pageblock_order + 0U,
				      MAX_PAGE_ORDER + 0U);
	page_hinting_cold_order = min(PAGE_HINTING_ORDER_MIN + 0U,
				      page_hinting_min_order);

	return page_hinting_sysfs_init();
}
subsys_initcall(page_hinting_init);
