// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting: /sys/kernel/mm/page_hinting, one value a file. See
 * Documentation/ABI/testing/sysfs-kernel-mm-page_hinting.
 */
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/sysfs.h>

#include "internal.h"

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", page_hinting_get_enabled());
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	unsigned int value;
	int error;

	/* kstrtobool() would take anything that begins well. */
	if (kstrtouint(buf, 10, &value) || value > 1)
		return -EINVAL;
	error = page_hinting_set_enabled(value);
	return error ?: count;
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);

static ssize_t min_order_show(struct kobject *kobj, struct kobj_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(page_hinting_min_order));
}

static ssize_t min_order_store(struct kobject *kobj,
			       struct kobj_attribute *attr, const char *buf,
			       size_t count)
{
	unsigned int value;
	int error;

	if (kstrtouint(buf, 10, &value))
		return -EINVAL;
	error = page_hinting_set_min_order(value);
	return error ?: count;
}

static struct kobj_attribute min_order_attr = __ATTR_RW(min_order);

static ssize_t age_store(unsigned int *age_ms, const char *buf, size_t count)
{
	unsigned int value;

	if (kstrtouint(buf, 10, &value) || value > PAGE_HINTING_AGE_MS_MAX)
		return -EINVAL;
	WRITE_ONCE(*age_ms, value);
	page_hinting_reconsider();
	return count;
}

static ssize_t age_ms_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(page_hinting_age_ms));
}

static ssize_t age_ms_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	return age_store(&page_hinting_age_ms, buf, count);
}

static struct kobj_attribute age_ms_attr = __ATTR_RW(age_ms);

static ssize_t age_max_ms_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(page_hinting_age_max_ms));
}

static ssize_t age_max_ms_store(struct kobject *kobj,
				struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	return age_store(&page_hinting_age_max_ms, buf, count);
}

static struct kobj_attribute age_max_ms_attr = __ATTR_RW(age_max_ms);

#define COUNTER(name, value)						\
static ssize_t name##_show(struct kobject *kobj,			\
			   struct kobj_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%llu\n", (u64)(value));		\
}									\
static struct kobj_attribute name##_attr = __ATTR_RO(name)

COUNTER(captured, atomic_long_read(&page_hinting_counters.captured));
COUNTER(overflowed, page_hinting_arrays_overflowed());
COUNTER(stale, atomic_long_read(&page_hinting_counters.stale));
COUNTER(isolated, atomic_long_read(&page_hinting_counters.isolated));
COUNTER(hinted, atomic_long_read(&page_hinting_counters.hinted));
COUNTER(returned, atomic_long_read(&page_hinting_counters.returned));
COUNTER(regretted, atomic_long_read(&page_hinting_counters.regretted));
COUNTER(batches, atomic_long_read(&page_hinting_counters.batches));
COUNTER(ranges, atomic_long_read(&page_hinting_counters.ranges));
COUNTER(sweeps, atomic_long_read(&page_hinting_counters.sweeps));
COUNTER(passes, atomic_long_read(&page_hinting_counters.passes));
COUNTER(age_now_ms, page_hinting_age_now_ms());
COUNTER(waiting, page_hinting_waiting());
COUNTER(bytes_in_flight,
	(u64)atomic_long_read(&page_hinting_in_flight) << PAGE_SHIFT);
COUNTER(bytes_missed,
	page_hinting_running() ?
	(u64)page_hinting_missed_anywhere() << PAGE_SHIFT : 0);

static struct attribute *page_hinting_attrs[] = {
	&enabled_attr.attr,
	&min_order_attr.attr,
	&age_ms_attr.attr,
	&age_max_ms_attr.attr,
	&age_now_ms_attr.attr,
	&captured_attr.attr,
	&overflowed_attr.attr,
	&stale_attr.attr,
	&isolated_attr.attr,
	&hinted_attr.attr,
	&returned_attr.attr,
	&regretted_attr.attr,
	&batches_attr.attr,
	&ranges_attr.attr,
	&sweeps_attr.attr,
	&passes_attr.attr,
	&waiting_attr.attr,
	&bytes_in_flight_attr.attr,
	&bytes_missed_attr.attr,
	NULL
};

static const struct attribute_group page_hinting_group = {
	.name = "page_hinting",
	.attrs = page_hinting_attrs,
};

/**
 * page_hinting_sysfs_init - create the files
 *
 * Return: 0 or a negative errno.
 */
int __init page_hinting_sysfs_init(void)
{
	return sysfs_create_group(mm_kobj, &page_hinting_group);
}
