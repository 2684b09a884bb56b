// SPDX-License-Identifier: GPL-2.0
/*
 * Frees blocks and allocates them again, and says in the kernel's log how long
 * that takes: under QEMU's icount a nanosecond is an instruction. The buddies of
 * the blocks stay allocated, so that none merges, and no allocation splits any.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sort.h>

/* Twice as many of them are freed in all: few enough for a CPU's array. */
#define BLOCKS		64
#define MOST_TRIED	1024

static unsigned int order = 9;
module_param(order, uint, 0444);
MODULE_PARM_DESC(order, "of the blocks");

static struct page *tried[MOST_TRIED];
static struct page *blocks[BLOCKS];

static struct page *take(void)
{
	return alloc_pages(GFP_NOWAIT | __GFP_MOVABLE | __GFP_NOWARN, order);
}

static int compare(const void *one, const void *other)
{
	unsigned long a = page_to_pfn(*(struct page **)one);
	unsigned long b = page_to_pfn(*(struct page **)other);

	return a < b ? -1 : a > b;
}

static bool are_buddies(struct page *one, struct page *other)
{
	unsigned long pfn = page_to_pfn(one);

	return !(pfn & (1UL << order)) &&
	       page_to_pfn(other) == pfn + (1UL << order);
}

/* Leaves the blocks in @blocks, and in @tried their buddies, @nr of them. */
static unsigned int find_buddies(unsigned int nr)
{
	unsigned int i, found = 0;

	sort(tried, nr, sizeof(*tried), compare, NULL);
	for (i = 0; i < nr; i++) {
		if (found < BLOCKS && i + 1 < nr &&
		    are_buddies(tried[i], tried[i + 1])) {
			blocks[found] = tried[i++];
			/* We have looked at that one already. */
			tried[found++] = tried[i];
		} else {
			__free_pages(tried[i], order);
		}
	}
	return found;
}

static u64 free_all(unsigned int nr)
{
	unsigned long flags;
	unsigned int i;
	u64 begin;

	local_irq_save(flags);
	begin = ktime_get_ns();
	for (i = 0; i < nr; i++)
		__free_pages(blocks[i], order);
	begin = ktime_get_ns() - begin;
	local_irq_restore(flags);
	return begin;
}

static u64 take_all(unsigned int nr)
{
	unsigned long flags;
	unsigned int i;
	u64 begin;

	local_irq_save(flags);
	begin = ktime_get_ns();
	for (i = 0; i < nr; i++)
		blocks[i] = take();
	begin = ktime_get_ns() - begin;
	local_irq_restore(flags);
	return begin;
}

/* How many of the blocks are buddies of what we hold. */
static unsigned int count_same(unsigned int nr)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < nr; i++)
		for (j = 0; j < nr && blocks[i]; j++)
			same += are_buddies(blocks[i], tried[j]);
	return same;
}

static int __init block_cycle_init(void)
{
	unsigned int nr, i, same;
	u64 freeing, taking;

	for (nr = 0; nr < MOST_TRIED && nr < 4 * BLOCKS; nr++) {
		tried[nr] = take();
		if (!tried[nr])
			break;
	}
	nr = find_buddies(nr);
	if (nr < BLOCKS) {
		pr_err("block_cycle: only %u blocks with their buddies\n", nr);
		nr = 0;
	}

	/* What is fetched from caches, or armed, the first time. */
	free_all(nr);
	take_all(nr);
	freeing = free_all(nr);
	taking = take_all(nr);
	same = count_same(nr);
	for (i = 0; i < nr; i++) {
		if (blocks[i])
			__free_pages(blocks[i], order);
		__free_pages(tried[i], order);
	}
	if (nr)
		pr_info("block_cycle: order %u, %llu to free, %llu to allocate, %u of %u the same\n",
			order, freeing / nr, taking / nr, same, nr);
	return nr ? 0 : -ENOMEM;
}

static void __exit block_cycle_exit(void)
{
}

module_init(block_cycle_init);
module_exit(block_cycle_exit);
MODULE_DESCRIPTION("Blocks freed and allocated, in instructions");
MODULE_LICENSE("GPL");
