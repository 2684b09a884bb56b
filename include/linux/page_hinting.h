/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free page hinting: the interface for a device that tells the host which
 * memory of the guest is free. See Documentation/mm/page_hinting.rst.
 */
#ifndef _LINUX_PAGE_HINTING_H
#define _LINUX_PAGE_HINTING_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct page_hinting_device;

/**
 * struct page_hinting_batch - isolated free memory on its way to the host
 * @list: among those that are idle, or begun; the engine's
 * @since: when it was begun, in jiffies; the engine's
 * @sent: whether the device has it; the engine's
 * @max_ranges: how many it may have; the engine's
 * @nr_ranges: valid entries in @ranges
 * @nr_blocks: free blocks that the ranges were coalesced from
 * @nr_pages: sum of the ranges' lengths, in pages
 * @ranges: what to report, one entry a physically contiguous range; each
 *	lies in one zone and one memory section, and is a multiple of
 *	16 pages
 *
 * From &page_hinting_device.report until page_hinting_complete() the batch
 * is the device's to read; nobody may change it.
 */
struct page_hinting_batch {
	struct list_head	list;
	unsigned long		since;
	bool			sent;
	unsigned int		max_ranges;
	unsigned int		nr_ranges;
	unsigned int		nr_blocks;
	unsigned long		nr_pages;
	struct scatterlist	ranges[];
};

/**
 * struct page_hinting_device - a device that takes hints
 * @report: starts handing a batch to the host. Returns 0 when the batch is on
 *	its way, then page_hinting_complete() is owed for it exactly once; or a
 *	negative errno, then it is not: -ENOSPC if there is room when another
 *	batch is back. Called from a work item; must not wait
 *	for the host nor allocate memory by any means that can reclaim.
 * @max_ranges: ranges that a batch may have, at least 1
 * @max_batches: batches that may be in flight together, at least 1
 * @max_descriptors: ranges that may be in flight together, all batches counted,
 *	at least 1
 *
 * The device sets all the fields before page_hinting_register(), and changes
 * none until page_hinting_unregister() is over.
 */
struct page_hinting_device {
	int (*report)(struct page_hinting_device *device,
		      struct page_hinting_batch *batch);
	unsigned int max_ranges;
	unsigned int max_batches;
	unsigned int max_descriptors;
};

#ifdef CONFIG_FREE_PAGE_HINTING

bool page_hinting_chosen(void);
int page_hinting_register(struct page_hinting_device *device);
void page_hinting_unregister(struct page_hinting_device *device);
void page_hinting_pause(struct page_hinting_device *device);
void page_hinting_complete(struct page_hinting_batch *batch, int error);

#else

static inline bool page_hinting_chosen(void)
{
	return false;
}

#endif /* CONFIG_FREE_PAGE_HINTING */
#endif /* _LINUX_PAGE_HINTING_H */
