// SPDX-License-Identifier: GPL-2.0
/* Free page hinting: Documentation/ABI/testing/sysfs-kernel-mm-page_hinting. */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
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

#define SET_AGE(name)							\
static int set_##name(unsigned int new)					\
{									\
	if (new > PAGE_HINTING_AGE_MS_MAX)				\
		return -EINVAL;						\
	WRITE_ONCE(page_hinting_##name, new);				\
	return 0;							\
}

static int set_compact(unsigned int new)
{
	if (new > 1)
		return -EINVAL;
	WRITE_ONCE(page_hinting_compacts, new);
	page_hinting_tidy();
	return 0;
}

static ssize_t flush_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	unsigned int how;
	int error = kstrtouint(buf, 10, &how) ? -EINVAL : page_hinting_flush(how);

	return error ?: count;
}

static struct kobj_attribute flush_attr = __ATTR_WO(flush);

SET_AGE(age_ms)
SET_AGE(age_max_ms)

READ_WRITE(enabled, page_hinting_get_enabled(), page_hinting_set_enabled);
READ_WRITE(min_order, READ_ONCE(page_hinting_min_order), page_hinting_set_min_order);
READ_WRITE(cold_order, READ_ONCE(page_hinting_cold_order), page_hinting_set_cold_order);
READ_WRITE(compact, READ_ONCE(page_hinting_compacts), set_compact);
READ_WRITE(age_ms, READ_ONCE(page_hinting_age_ms), set_age_ms);
READ_WRITE(age_max_ms, READ_ONCE(page_hinting_age_max_ms), set_age_max_ms);
READ_ONLY(age_now_ms, jiffies_to_msecs(page_hinting_age()));
READ_ONLY(hinted, page_hinting_count(HINT_HINTED));
READ_ONLY(regretted, page_hinting_count(HINT_REGRETTED));
READ_ONLY(waiting, page_hinting_waiting());
READ_ONLY(bytes_in_flight, (u64)page_hinting_in_flight() << PAGE_SHIFT);
READ_ONLY(bytes_in_pieces,
	  (u64)page_hinting_anywhere(page_hinting_pieces) << PAGE_SHIFT);
READ_ONLY(bytes_missed,
	  (u64)page_hinting_anywhere(page_hinting_missed) << PAGE_SHIFT);

static struct attribute *page_hinting_attrs[] = {
	&enabled_attr.attr,
	&min_order_attr.attr,
	&cold_order_attr.attr,
	&compact_attr.attr,
	&flush_attr.attr,
	&age_ms_attr.attr,
	&age_max_ms_attr.attr,
	&age_now_ms_attr.attr,
	&hinted_attr.attr,
	&regretted_attr.attr,
	&waiting_attr.attr,
	&bytes_in_flight_attr.attr,
	&bytes_missed_attr.attr,
	&bytes_in_pieces_attr.attr,
	NULL
};

static const struct attribute_group page_hinting_group = {
	.name = "page_hinting",
	.attrs = page_hinting_attrs,
};

/* In debugfs, for those who work on the engine: what the others don't tell. */
static const char * const debug_names[NR_HINT_EVENTS] = {
	[HINT_CAPTURED] = "captured",
	[HINT_OVERFLOWED] = "overflowed",
	[HINT_STALE] = "stale",
	[HINT_ISOLATED] = "isolated",
	[HINT_RETURNED] = "returned",
	[HINT_PAGES_HINTED] = "pages_hinted",
	[HINT_BATCHES] = "batches",
	[HINT_RANGES] = "ranges",
	[HINT_PASSES] = "passes",
	[HINT_LOOKED] = "looked",
	[HINT_PIECES_LOOKED] = "pieces_looked",
	[HINT_FAILED] = "failed",
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
		nr += READ_ONCE(per_cpu(page_hinting_events, cpu)[event]);
	return nr;
}

/* Entries that have not been through isolation; 0 when nothing waits. */
unsigned long page_hinting_waiting(void)
{
	unsigned long done = page_hinting_count(HINT_STALE) +
			     page_hinting_count(HINT_ISOLATED);

	/* Last, lest it seems that more are done than there were. */
	return page_hinting_count(HINT_CAPTURED) - done;
}

int __init page_hinting_sysfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("page_hinting", NULL);
	unsigned long event;

	for (event = 0; event < NR_HINT_EVENTS; event++)
		if (debug_names[event])
			debugfs_create_file_unsafe(debug_names[event], 0444, dir,
						   (void *)event, &debug_fops);
	return sysfs_create_group(mm_kobj, &page_hinting_group);
}
