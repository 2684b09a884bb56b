// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting over a virtqueue. The test plays the host,
 * down to the ring in memory. One suite plays it badly: invariant 8 (the host
 * is trusted with the content of hinted blocks only). The other has the ways
 * of the hosts that are in use. Whatever the host does, all blocks come back in
 * the end: invariant 1 (conservation).
 */
#include <linux/gfp.h>
#include <linux/random.h>
#include <linux/sizes.h>

#include "virtio_page_hinting_test_host.h"

static void expect_it_works(struct kunit *test)
{
	struct host *host = test->priv;

	KUNIT_EXPECT_FALSE(test, virtqueue_is_broken(host->vq));
	EVENTUALLY(test, all_is_known());
}

static void answers_in_all_orders(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int order, left, n;

	for (order = 0; order < 4 * 3 * 2; order++) {
		hold_batches(test, most_held(host));
		for (left = nr_held(host), n = order; left; n /= left--)
			answer_one(host, n % left, 0);
		KUNIT_EXPECT_EQ(test, nr_held(host), 0);
		answer_all(host);
		expect_it_works(test);
	}
}

static void answers_all_at_once(struct kunit *test)
{
	hold_batches(test, most_held(test->priv));
	answer_all(test->priv);
	expect_it_works(test);
}

static void answers_twice(struct kunit *test)
{
	struct host *host = test->priv;
	u16 head;

	hold_batches(test, 2);
	spin_lock_irq(&host->lock);
	head = host->held[0];
	answer(host, 0, 0);
	put_used(host, head, 0);
	spin_unlock_irq(&host->lock);
	interrupt(host);

	KUNIT_EXPECT_TRUE(test, virtqueue_is_broken(host->vq));
	/* What it has beside is still the host's. */
	if (nr_held(host))
		KUNIT_EXPECT_GT(test, page_hinting_in_flight(), 0);
	reset(test);
	resume(test);
	expect_it_works(test);
}

static bool is_held(struct host *host, u16 head)
{
	unsigned int i;

	for (i = 0; i < host->nr_held; i++)
		if (host->held[i] == head)
			return true;
	return false;
}

static void answers_what_was_not_asked(struct kunit *test)
{
	struct host *host = test->priv;
	const u32 ids[] = { host->ring.num, 0xffff, 0x10000, 0xffffffff };
	unsigned int i, id;

	for (i = 0; i <= ARRAY_SIZE(ids); i++) {
		hold_batches(test, 1);
		if (i < ARRAY_SIZE(ids)) {
			id = ids[i];
		} else {
			/* A descriptor that heads no chain, if there is one. */
			for (id = 0; id < host->ring.num && is_held(host, id); id++)
				;
		}
		answer_wrong(host, id);
		KUNIT_EXPECT_TRUE(test, virtqueue_is_broken(host->vq));
		KUNIT_EXPECT_GT(test, page_hinting_in_flight(), 0);
		reset(test);
		resume(test);
		expect_it_works(test);
	}
}

static void answers_never(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int held;

	hold_batches(test, most_held(host));
	held = nr_held(host);
	/* Memory that is freed meanwhile has to wait, and nobody for it. */
	free_blocks(host);
	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_FALSE(test, __page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_EQ(test, nr_held(host), held);
	reset(test);
	resume(test);
	expect_it_works(test);
}

static void answers_with_wild_lengths(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	struct host *host = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		hold_batches(test, 1);
		answer_one(host, 0, lengths[i]);
		answer_all(host);
		expect_it_works(test);
	}
}

static void claims_too_many_answers(struct kunit *test)
{
	/* The first is one more than it has. */
	static const u16 more[] = { 0, 1000, 0x8000, 0xffff };
	struct host *host = test->priv;
	unsigned int i;
	u16 n;

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		hold_batches(test, 2);
		spin_lock_irq(&host->lock);
		n = host->answered + (more[i] ?: host->nr_held + 1);
		WRITE_ONCE(host->ring.used->idx, cpu_to_virtio16(&host->vdev, n));
		spin_unlock_irq(&host->lock);
		interrupt(host);
		KUNIT_EXPECT_TRUE(test, virtqueue_is_broken(host->vq));
		reset(test);
		resume(test);
		expect_it_works(test);
	}
}

static void writes_over_the_ring(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int i;

	hold_batches(test, 3);
	spin_lock_irq(&host->lock);
	for (i = 0; i < host->nr_held; i++) {
		struct vring_desc *desc = &host->ring.desc[host->held[i]];

		if (has_flag(host, desc, VRING_DESC_F_INDIRECT))
			memset(phys_to_virt(virtio64_to_cpu(&host->vdev, desc->addr)),
			       0xff, virtio32_to_cpu(&host->vdev, desc->len));
	}
	memset(host->ring.desc, 0xff, host->ring.num * sizeof(*host->ring.desc));
	memset(host->ring.avail->ring, 0xff,
	       host->ring.num * sizeof(*host->ring.avail->ring));
	spin_unlock_irq(&host->lock);

	/* The driver has its own notes of what it has put there. */
	answer_all(host);
	expect_it_works(test);
}

static void does_not_want_to_be_told(struct kunit *test)
{
	struct host *host = test->priv;

	hold_batches(test, 2);
	WRITE_ONCE(host->ring.used->flags,
		   cpu_to_virtio16(&host->vdev, VRING_USED_F_NO_NOTIFY));
	free_blocks(host);
	EVENTUALLY(test, nr_held(host) > 2);
	WRITE_ONCE(host->ring.used->flags, 0);
	answer_all(host);
	expect_it_works(test);
}

static void breaks_in_mid_flight(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long batches;

	/* One less than it could, so that another one is begun. */
	hold_batches(test, most_held(host) - 1);
	virtio_break_device(&host->vdev);
	answer_all(host);
	batches = page_hinting_count(HINT_BATCHES);
	free_blocks(host);
	/* What can't be reported is put back. */
	EVENTUALLY(test, page_hinting_count(HINT_BATCHES) > batches);
	reset(test);
	resume(test);
	expect_it_works(test);
}

/* What it may have in flight is chosen anew. */
static void comes_back_with_another_ring(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 8, 16, 32, 128, 256 };
	struct host *host = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		hold_batches(test, 1);
		reset(test);
		new_ring(test, sizes[i]);
		virtio_page_hinting_start(&host->hinting, host->vq);
		KUNIT_EXPECT_LE(test, host->hinting.device.max_ranges, sizes[i]);
		KUNIT_EXPECT_TRUE(test, page_hinting_running());
		expect_it_works(test);
	}
	reset(test);
	resume(test);
	expect_it_works(test);
}

static void does_anything(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int i, n;

	for (i = 0; i < 30; i++) {
		hold_batches(test, 1 + get_random_u32_below(most_held(host)));
		for (n = 0; n < 8; n++) {
			spin_lock_irq(&host->lock);
			switch (get_random_u32_below(4)) {
			case 0:
				look_for_buffers(host);
				if (host->nr_held)
					answer(host, get_random_u32_below(host->nr_held),
					       get_random_u32());
				break;
			case 1:
				put_used(host, get_random_u32_below(2 * host->ring.num),
					 get_random_u32());
				break;
			case 2:
				get_random_bytes(host->ring.used->ring,
						 host->ring.num * sizeof(*host->ring.used->ring));
				break;
			case 3:
				get_random_bytes(host->ring.used, sizeof(*host->ring.used));
				break;
			}
			spin_unlock_irq(&host->lock);
			interrupt(host);
		}
		reset(test);
		resume(test);
	}
	expect_it_works(test);
}

static const struct ways rings[] = {
	{ .ring_size = 1 },   { .ring_size = 1, .indirect = true },
	{ .ring_size = 2 },   { .ring_size = 2, .indirect = true },
	{ .ring_size = 8 },   { .ring_size = 8, .indirect = true },
	{ .ring_size = 16 },  { .ring_size = 16, .indirect = true },
	{ .ring_size = 32 },  { .ring_size = 32, .indirect = true },
	{ .ring_size = 128 }, { .ring_size = 128, .indirect = true },
	{ .ring_size = 256 }, { .ring_size = 256, .indirect = true },
};

/* For what takes long, or needs room for four batches. */
static const struct ways few_rings[] = {
	{ .ring_size = 8 },   { .ring_size = 8, .indirect = true },
	{ .ring_size = 32 },  { .ring_size = 32, .indirect = true },
};

static void describe(const struct ways *ways, char *text)
{
	snprintf(text, KUNIT_PARAM_DESC_SIZE, "%s%s%u entries%s",
		 ways->name ?: "", ways->name ? ", " : "", ways->ring_size,
		 ways->indirect ? ", indirect" : "");
}

KUNIT_ARRAY_PARAM(ring, rings, describe);
KUNIT_ARRAY_PARAM(few_ring, few_rings, describe);

static struct kunit_case ring_cases[] = {
	KUNIT_CASE_PARAM(answers_in_all_orders, few_ring_gen_params),
	KUNIT_CASE_PARAM(answers_all_at_once, ring_gen_params),
	KUNIT_CASE_PARAM(answers_twice, ring_gen_params),
	KUNIT_CASE_PARAM(answers_what_was_not_asked, ring_gen_params),
	KUNIT_CASE_PARAM(answers_never, few_ring_gen_params),
	KUNIT_CASE_PARAM(answers_with_wild_lengths, few_ring_gen_params),
	KUNIT_CASE_PARAM(claims_too_many_answers, ring_gen_params),
	KUNIT_CASE_PARAM(writes_over_the_ring, ring_gen_params),
	KUNIT_CASE_PARAM(does_not_want_to_be_told, few_ring_gen_params),
	KUNIT_CASE_PARAM(breaks_in_mid_flight, few_ring_gen_params),
	KUNIT_CASE_PARAM(comes_back_with_another_ring, ring_gen_params),
	KUNIT_CASE_PARAM(does_anything, few_ring_gen_params),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "page_hinting_virtqueue",
	.init = host_init,
	.exit = host_exit,
	.test_cases = ring_cases,
};

/* The hosts that are in use */

static const struct ways hosts[] = {
	{ "QEMU", 32, true, SPLITS, ZERO },
	{ "QEMU", 32, false, SPLITS, ZERO },
	{ "Firecracker", 256, false, SPLITS, ZERO },
	{ "Cloud Hypervisor", 32, false, CLAMPS, SUM },
	{ "Cloud Hypervisor that fails", 32, false, CLAMPS, SUM, .fails = true },
	{ "crosvm", 128, false, FAILS_THE_REST, ZERO },
	{ "crosvm that fails", 128, false, FAILS_THE_REST, ZERO, .fails = true },
	{ "libkrun", 256, false, LOOKS_AT_THE_START, ZERO },
	{ "Dragonball", 128, false, LOOKS_AT_THE_START, SUM },
	{ "Alioth", 256, false, FAILS_THE_CHAIN, ZERO },
	{ "StratoVirt", 256, false, LOOKS_AT_THE_START, NUMBER },
	{ "QEMU that is slow", 32, true, SPLITS, ZERO, .late_ms = 100 },
	{ "libkrun that is slow", 256, false, LOOKS_AT_THE_START, ZERO, .late_ms = 100 },
};

KUNIT_ARRAY_PARAM(host, hosts, describe);

static int shadow_init(struct kunit *test)
{
	struct shadow *shadow = kunit_kzalloc(test, sizeof(*shadow), GFP_KERNEL);
	unsigned long nr_pages;
	struct host *host;
	int error;

	KUNIT_ASSERT_NOT_NULL(test, shadow);
	error = host_init(test);
	if (error)
		return error;
	host = test->priv;
	EVENTUALLY(test, all_is_known());

	shadow->nr_regions = DIV_ROUND_UP(max_pfn, PAGES_PER_SECTION);
	nr_pages = section_nr_to_pfn(shadow->nr_regions);
	shadow->held = kvcalloc(BITS_TO_LONGS(nr_pages), sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, shadow->held);
	spin_lock_irq(&host->lock);
	host->shadow = shadow;
	spin_unlock_irq(&host->lock);
	return 0;
}

/* The host works, as fast as it does, until it has all. */
static void until_all_is_known(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long end = jiffies + 60 * HZ;

	while (host->ways->late_ms && !all_is_known() && time_before(jiffies, end)) {
		msleep(host->ways->late_ms);
		if (nr_held(host))
			answer_one(host, 0, 0);
	}
	/* And holds no more. */
	answer_all(host);
	expect_it_works(test);
}

/* To be asked when nothing is in flight. */
static void expect_content_is_right(struct kunit *test)
{
	struct host *host = test->priv;
	struct shadow shadow;

	spin_lock_irq(&host->lock);
	shadow = *host->shadow;
	spin_unlock_irq(&host->lock);
	KUNIT_EXPECT_EQ(test, shadow.crossed, 0);
	KUNIT_EXPECT_EQ(test, shadow.foreign, 0);
	KUNIT_EXPECT_EQ(test, shadow.invalid, 0);
	KUNIT_EXPECT_EQ(test, shadow.discarded, host->ways->fails ? 0 : shadow.reported);
	KUNIT_EXPECT_EQ(test, page_hinting_count(HINT_ISOLATED),
			page_hinting_count(HINT_RETURNED));
}

static void gets_all(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long known;

	/* As when the machine has slept: all that is free, anew. */
	reset(test);
	known = host->shadow->reported;
	new_ring(test, host->ways->ring_size);
	if (host->ways->late_ms)
		hold(host);
	virtio_page_hinting_start(&host->hinting, host->vq);
	until_all_is_known(test);
	/* What is free and large is most of a machine that only tests. */
	KUNIT_EXPECT_GT(test, host->shadow->reported - known,
			global_zone_page_state(NR_FREE_PAGES) / 2);
	expect_content_is_right(test);
}

/* Invariant 2, exclusion: what the host may discard, nobody can have. */
static void keeps_what_it_holds(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int i, nr = 0;

	hold_batches(test, most_held(host));
	/* What was held is not free, so a block that is free is another one. */
	for (i = 0; i < NR_BLOCKS; i++) {
		if (host->blocks[i])
			continue;
		host->blocks[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN |
					      __GFP_NORETRY, BLOCK_ORDER);
		if (!host->blocks[i])
			continue;
		nr++;
		spin_lock_irq(&host->lock);
		look_for_buffers(host);
		if (test_bit(page_to_pfn(host->blocks[i]), host->shadow->held))
			host->shadow->foreign++;
		spin_unlock_irq(&host->lock);
	}
	KUNIT_EXPECT_GT(test, nr, 0);
	until_all_is_known(test);
	expect_content_is_right(test);
	free_blocks(host);
	until_all_is_known(test);
	expect_content_is_right(test);
}

#ifdef CONFIG_CONTIG_ALLOC
/* Takes a block's size on both sides of a border between two sections. */
static bool take_border(unsigned long border)
{
	unsigned long from = border - BIT(BLOCK_ORDER), to = border + BIT(BLOCK_ORDER);

	return pfn_to_online_page(from) && pfn_to_online_page(to - 1) &&
	       page_zone(pfn_to_page(from)) == page_zone(pfn_to_page(to - 1)) &&
	       !alloc_contig_range(from, to, MIGRATE_MOVABLE, GFP_KERNEL);
}

/*
 * Two free blocks are neighbours, but each in another section, which is as small
 * as memory regions come. They wait for the host, so they go out together.
 */
static void gets_a_range_of_one_region(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned long border;
	unsigned int nr = 0;

	for (border = PAGES_PER_SECTION; border < max_pfn; border += PAGES_PER_SECTION) {
		hold_batches(test, most_held(host));
		if (!take_border(border)) {
			until_all_is_known(test);
			continue;
		}
		nr++;
		free_contig_range(border - BIT(BLOCK_ORDER), 2 << BLOCK_ORDER);
		/* From the per-CPU page lists. */
		drain_all_pages(NULL);
		EVENTUALLY(test, page_hinting_waiting() >= 2);
		msleep(100);
		until_all_is_known(test);
	}
	expect_content_is_right(test);
	if (!nr)
		kunit_skip(test, "no free memory around a section's border");
}
#else
static void gets_a_range_of_one_region(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_CONTIG_ALLOC");
}
#endif

static struct kunit_case host_cases[] = {
	KUNIT_CASE_PARAM(gets_all, host_gen_params),
	KUNIT_CASE_PARAM(keeps_what_it_holds, host_gen_params),
	KUNIT_CASE_PARAM(gets_a_range_of_one_region, host_gen_params),
	{}
};

static struct kunit_suite host_suite = {
	.name = "page_hinting_hosts",
	.init = shadow_init,
	.exit = host_exit,
	.test_cases = host_cases,
};

kunit_test_suites(&ring_suite, &host_suite);

MODULE_DESCRIPTION("KUnit tests for free page hinting over a virtqueue");
MODULE_LICENSE("GPL");
