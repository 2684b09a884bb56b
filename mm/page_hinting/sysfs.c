// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: /sys/kernel/mm/page_hinting, what an administrator sets or
 * reads, see Documentation/ABI/testing/sysfs-kernel-mm-page_hinting; and
 * counters in debugfs. One value a file.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/sysfs.h>

#include "internal.h"

#define SHOW(name, value)						\
static ssize_t name##_show(struct kobject *kobj,			\
			   struct kobj_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%llu\n", (u64)(value));		\
}

#define READ_ONLY(name, value)						\
SHOW(name, value)							\
static struct kobj_attribute name##_attr = __ATTR_RO(name)

/* @set: of an unsigned int value; returns a negative errno, or 0 */
#define READ_WRITE(name, value, set)					\
SHOW(name, value)							\
static ssize_t name##_store(struct kobject *kobj,			\
			    struct kobj_attribute *attr,		\
			    const char *buf, size_t count)		\
{									\
	unsigned int new;						\
	int error = kstrtouint(buf, 10, &new) ? -EINVAL : set(new);	\
									\
	return error ?: count;						\
}									\
static struct kobj_attribute name##_attr = __ATTR_RW(name)

static int set_age(unsigned int *age_ms, unsigned int new)
{
	if (new > PAGE_HINTING_AGE_MS_MAX)
		return -EINVAL;
	WRITE_ONCE(*age_ms, new);
	page_hinting_reconsider();
	return 0;
}

static int set_age_ms(unsigned int new)
{
	return set_age(&page_hinting_age_ms, new);
}

static int set_age_max_ms(unsigned int new)
{
	return set_age(&page_hinting_age_max_ms, new);
}

static int set_enabled(unsigned int new)
{
	return new > 1 ? -EINVAL : page_hinting_set_enabled(new);
}

READ_WRITE(enabled, page_hinting_get_enabled(), set_enabled);
READ_WRITE(min_order, READ_ONCE(page_hinting_min_order), page_hinting_set_min_order);
READ_WRITE(age_ms, READ_ONCE(page_hinting_age_ms), set_age_ms);
READ_WRITE(age_max_ms, READ_ONCE(page_hinting_age_max_ms), set_age_max_ms);
READ_ONLY(age_now_ms, jiffies_to_msecs(page_hinting_age()));
READ_ONLY(hinted, page_hinting_count(HINT_HINTED));
READ_ONLY(regretted, page_hinting_count(HINT_REGRETTED));
READ_ONLY(waiting, page_hinting_waiting());
READ_ONLY(bytes_in_flight, (u64)page_hinting_in_flight() << PAGE_SHIFT);
READ_ONLY(bytes_missed, (u64)page_hinting_missed_anywhere() << PAGE_SHIFT);

static struct attribute *page_hinting_attrs[] = {
	&enabled_attr.attr,
	&min_order_attr.attr,
	&age_ms_attr.attr,
	&age_max_ms_attr.attr,
	&age_now_ms_attr.attr,
	&hinted_attr.attr,
	&regretted_attr.attr,
	&waiting_attr.attr,
	&bytes_in_flight_attr.attr,
	&bytes_missed_attr.attr,
	NULL
};

static const struct attribute_group page_hinting_group = {
	.name = "page_hinting",
	.attrs = page_hinting_attrs,
};

/* For those who work on the engine: what the others don't tell. */
static const struct {
	const char *name;
	enum page_hinting_event event;
} debug_files[] = {
	{ "captured", HINT_CAPTURED },
	{ "overflowed", HINT_OVERFLOWED },
	{ "stale", HINT_STALE },
	{ "isolated", HINT_ISOLATED },
	{ "returned", HINT_RETURNED },
	{ "pages_hinted", HINT_PAGES_HINTED },
	{ "batches", HINT_BATCHES },
	{ "ranges", HINT_RANGES },
	{ "passes", HINT_PASSES },
	{ "looked", HINT_LOOKED },
};

static int debug_get(void *event, u64 *value)
{
	*value = page_hinting_count((uintptr_t)event);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(debug_fops, debug_get, NULL, "%llu\n");

unsigned long page_hinting_count(enum page_hinting_event event)
{
	unsigned long nr = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		nr += READ_ONCE(per_cpu(page_hinting_events, cpu).nr[event]);
	return nr;
}

int __init page_hinting_sysfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("page_hinting", NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(debug_files); i++)
		debugfs_create_file_unsafe(debug_files[i].name, 0444, dir,
					   (void *)(uintptr_t)debug_files[i].event,
					   &debug_fops);
	return sysfs_create_group(mm_kobj, &page_hinting_group);
}
