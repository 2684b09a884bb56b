// SPDX-License-Identifier: GPL-2.0
/*
 * A host that takes its time: answers for each batch delay_ms after it was
 * reported, and does nothing else. QEMU can't be made slow alone: its main loop
 * has the guest's timers, too. The balloon's driver has to be unbound.
 */
#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/page_hinting.h>
#include <linux/pfn.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#define MAX_BATCHES	4

static unsigned int delay_ms = 1000;
module_param(delay_ms, uint, 0644);
MODULE_PARM_DESC(delay_ms, "milliseconds from a report to its answer");

static int show_held(char *text, const struct kernel_param *parameter);

static const struct kernel_param_ops held_operations = {
	.get = show_held,
};
module_param_cb(held, &held_operations, NULL, 0444);
MODULE_PARM_DESC(held, "what is not answered yet: page frame, pages; a line each");

static struct answer {
	struct delayed_work work;
	struct page_hinting_batch *batch;	/* NULL if there is none */
} answers[MAX_BATCHES];

/* Sure only while no answer falls due: nothing keeps a batch here. */
static int show_held(char *text, const struct kernel_param *parameter)
{
	int used = 0, i, j;

	for (i = 0; i < MAX_BATCHES; i++) {
		struct page_hinting_batch *batch =
			smp_load_acquire(&answers[i].batch);

		for (j = 0; batch && j < batch->nr_ranges; j++) {
			struct scatterlist *range = &batch->ranges[j];

			used += sysfs_emit_at(text, used, "%lu %u\n",
					      page_to_pfn(sg_page(range)),
					      PFN_DOWN(range->length));
		}
	}
	return used;
}

static void give_answer(struct work_struct *work)
{
	struct answer *answer = container_of(to_delayed_work(work),
					     struct answer, work);
	struct page_hinting_batch *batch = answer->batch;

	/*
	 * The next report may use it, and its work runs after this one. Pairs
	 * with the acquire in report().
	 */
	smp_store_release(&answer->batch, NULL);
	page_hinting_complete(batch, 0);
}

static int report(struct page_hinting_device *device,
		  struct page_hinting_batch *batch)
{
	int i;

	for (i = 0; i < MAX_BATCHES; i++) {
		/* Pairs with the release in give_answer(). */
		if (smp_load_acquire(&answers[i].batch))
			continue;
		answers[i].batch = batch;
		queue_delayed_work(system_unbound_wq, &answers[i].work,
				   msecs_to_jiffies(delay_ms));
		return 0;
	}
	return -ENOSPC;
}

static struct page_hinting_device device = {
	.report = report,
	.max_batches = MAX_BATCHES,
	.max_ranges = 32,
	.max_descriptors = 32 * MAX_BATCHES,
};

static int __init slow_host_init(void)
{
	int i;

	for (i = 0; i < MAX_BATCHES; i++)
		INIT_DELAYED_WORK(&answers[i].work, give_answer);
	return page_hinting_register(&device);
}

static void __exit slow_host_exit(void)
{
	int i;

	page_hinting_pause(&device);
	for (i = 0; i < MAX_BATCHES; i++)
		flush_delayed_work(&answers[i].work);
	page_hinting_unregister(&device);
}

module_init(slow_host_init);
module_exit(slow_host_exit);
MODULE_DESCRIPTION("A slow host for free page hinting's tests");
MODULE_LICENSE("GPL");
