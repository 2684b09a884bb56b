// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: the device, and when the engine runs. That is while a
 * device is registered and not paused, and hinting is enabled. The control
 * mutex serializes the changes between running and not.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#define CREATE_TRACE_POINTS
#include <trace/events/page_hinting.h>

#include "internal.h"

DEFINE_STATIC_KEY_FALSE(page_hinting_key);
unsigned int page_hinting_capture_order __read_mostly = PAGE_HINTING_CAPTURE_OFF;
unsigned int page_hinting_min_order __read_mostly;

static DEFINE_MUTEX(control);
static bool chosen __ro_after_init = true;	/* page_hinting= at boot */
static bool enabled = true;			/* sysfs */
static bool paused;				/* by the device */
static struct page_hinting_device *device;

static void start(void)
{
	lockdep_assert_held(&control);

	if (page_hinting_running() || !device || paused || !enabled)
		return;

	page_hinting_unlearn();
	static_branch_enable(&page_hinting_key);
	page_hinting_pass_start(device);
}

/*
 * Who sets marks looks at the order under a zone's lock. We wait for a grace
 * period after it says that nothing is captured, before page_hinting_forget()
 * looks for marks; so it finds all that there will be. Batches in flight stay
 * so; page_hinting_complete() copes.
 */
static void stop(void)
{
	lockdep_assert_held(&control);

	if (!page_hinting_running())
		return;

	WRITE_ONCE(page_hinting_capture_order, PAGE_HINTING_CAPTURE_OFF);
	/* A hook runs under a spinlock: this waits for those under way. */
	synchronize_rcu();
	page_hinting_pass_stop();
	page_hinting_arrays_empty();
	page_hinting_forget();
	/* Not before no page has a mark that it would carry into its use. */
	static_branch_disable(&page_hinting_key);
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

	if (!dev->report || !dev->max_ranges || !dev->max_batches ||
	    !dev->max_descriptors)
		return -EINVAL;
	if (!chosen)
		return -EOPNOTSUPP;

	mutex_lock(&control);
	error = -EBUSY;
	if (device)
		goto unlock;

	error = page_hinting_pass_alloc();
	if (error)
		goto unlock;
	error = page_hinting_arrays_alloc();
	if (error)
		goto free_arrays;
	error = page_hinting_batches_alloc(dev);
	if (error)
		goto free_arrays;

	device = dev;
	paused = false;
	start();
	goto unlock;

free_arrays:
	page_hinting_arrays_free();
	page_hinting_pass_free();
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
	page_hinting_wait_all_back();
	/* Who completed the last batch may still look at what we free. */
	synchronize_rcu();
	device = NULL;
	page_hinting_batches_free();
	page_hinting_arrays_free();
	page_hinting_pass_free();
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

/*
 * Entries that have not been through isolation. While the pass runs that may be
 * more than there are, never less: it is 0 when nothing waits.
 */
unsigned long page_hinting_waiting(void)
{
	unsigned long nr;

	mutex_lock(&control);
	nr = page_hinting_arrays_waiting() + page_hinting_pass_pending();
	mutex_unlock(&control);
	return nr;
}

bool page_hinting_get_enabled(void)
{
	return chosen && READ_ONCE(enabled);
}

/* Returns -EOPNOTSUPP if hinting was left to page reporting at boot. */
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

int page_hinting_set_min_order(unsigned int order)
{
	if (order < PAGE_HINTING_ORDER_MIN || order > MAX_PAGE_ORDER)
		return -EINVAL;

	mutex_lock(&control);
	/* The ledgers count blocks of the old order, so they start anew. */
	if (order != page_hinting_min_order) {
		stop();
		WRITE_ONCE(page_hinting_min_order, order);
		/* A CPU for whose array there is no memory keeps the one it has. */
		if (device)
			page_hinting_arrays_alloc();
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

	/*
	 * What page reporting reports, too: below a huge page of the host's there
	 * is little to give back, and larger blocks are captured whole.
	 */
	page_hinting_min_order = min3(get_order(SZ_2M) + 0U, pageblock_order + 0U,
				      MAX_PAGE_ORDER + 0U);

	error = page_hinting_recall_init() ?: page_hinting_sysfs_init();
	return error ?: page_hinting_pass_init();
}
subsys_initcall(page_hinting_init);
