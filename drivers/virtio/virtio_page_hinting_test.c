// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for free page hinting over a virtqueue. The test plays the
 * device, down to the ring in memory, and plays it badly: invariant 8 (the
 * host is trusted with the content of hinted blocks only). Whatever it does,
 * all blocks come back in the end: invariant 1 (conservation).
 */
#include <kunit/test.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../../mm/page_hinting/internal.h"
#include "../../mm/page_hinting/page_hinting_test.h"
#include "virtio_page_hinting.h"

/* Room for two ranges in each of four batches without indirect descriptors. */
#define RING_SIZE	8
#define MOST_HELD	4

/* An order that no per-CPU page list has. */
#define BLOCK_ORDER	8
#define NR_BLOCKS	32

struct host {
	struct virtio_device vdev;
	struct virtio_page_hinting hinting;
	struct virtqueue *vq;
	struct irq_work irq;
	size_t ring_bytes;
	spinlock_t lock;		/* protects what follows */
	struct vring ring;
	bool holds;			/* answers when the test says so */
	u16 seen, answered;		/* indices of the available, the used ring */
	u16 held[RING_SIZE];		/* heads of the chains that it has */
	unsigned int nr_held;
	unsigned int age_ms, age_max_ms, min_order;
	struct page *blocks[NR_BLOCKS];	/* the test's memory */
};

/* The device */

static void look_for_buffers(struct host *host)
{
	lockdep_assert_held(&host->lock);

	while (host->nr_held < RING_SIZE &&
	       host->seen != virtio16_to_cpu(&host->vdev,
					     READ_ONCE(host->ring.avail->idx))) {
		unsigned int n = host->seen++ % host->ring.num;

		/* Pairs with the barrier before the driver offers it. */
		virtio_rmb(true);
		host->held[host->nr_held++] =
			virtio16_to_cpu(&host->vdev, host->ring.avail->ring[n]);
	}
}

static void put_used(struct host *host, u32 id, u32 length)
{
	struct vring_used_elem *element;

	lockdep_assert_held(&host->lock);

	element = &host->ring.used->ring[host->answered++ % host->ring.num];
	element->id = cpu_to_virtio32(&host->vdev, id);
	element->len = cpu_to_virtio32(&host->vdev, length);
	virtio_wmb(true);
	WRITE_ONCE(host->ring.used->idx,
		   cpu_to_virtio16(&host->vdev, host->answered));
}

/* Answers the nth of those that are held. */
static void answer(struct host *host, unsigned int n, u32 length)
{
	lockdep_assert_held(&host->lock);

	put_used(host, host->held[n], length);
	host->nr_held--;
	memmove(&host->held[n], &host->held[n + 1],
		(host->nr_held - n) * sizeof(*host->held));
}

static void on_irq(struct irq_work *work)
{
	vring_interrupt(0, container_of(work, struct host, irq)->vq);
}

static void interrupt(struct host *host)
{
	irq_work_queue(&host->irq);
	irq_work_sync(&host->irq);
}

static bool notify(struct virtqueue *vq)
{
	struct host *host = container_of(vq->vdev, struct host, vdev);
	bool answers;

	spin_lock_irq(&host->lock);
	answers = !host->holds;
	if (answers) {
		look_for_buffers(host);
		while (host->nr_held)
			answer(host, 0, 0);
	}
	spin_unlock_irq(&host->lock);
	if (answers)
		interrupt(host);
	return true;
}

static void callback(struct virtqueue *vq)
{
	virtio_page_hinting_done(&container_of(vq->vdev, struct host,
					       vdev)->hinting);
}

static unsigned int nr_held(struct host *host)
{
	unsigned int nr;

	spin_lock_irq(&host->lock);
	look_for_buffers(host);
	nr = host->nr_held;
	spin_unlock_irq(&host->lock);
	return nr;
}

static void answer_one(struct host *host, unsigned int n, u32 length)
{
	spin_lock_irq(&host->lock);
	answer(host, n, length);
	spin_unlock_irq(&host->lock);
	interrupt(host);
}

static void answer_all(struct host *host)
{
	spin_lock_irq(&host->lock);
	host->holds = false;
	look_for_buffers(host);
	while (host->nr_held)
		answer(host, 0, 0);
	spin_unlock_irq(&host->lock);
	interrupt(host);
}

static void answer_wrong(struct host *host, u32 id)
{
	spin_lock_irq(&host->lock);
	put_used(host, id, 0);
	spin_unlock_irq(&host->lock);
	interrupt(host);
}

static const struct virtio_config_ops no_config;

static void new_ring(struct kunit *test, unsigned int size)
{
	struct host *host = test->priv;
	void *pages;

	host->ring_bytes = vring_size(size, PAGE_SIZE);
	pages = alloc_pages_exact(host->ring_bytes, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	vring_init(&host->ring, size, pages, PAGE_SIZE);
	host->holds = false;
	host->seen = 0;
	host->answered = 0;
	host->nr_held = 0;
	host->vq = vring_new_virtqueue(0, size, PAGE_SIZE, &host->vdev, true,
				       false, pages, notify, callback,
				       "reporting");
	KUNIT_ASSERT_NOT_NULL(test, host->vq);
	__virtio_unbreak_device(&host->vdev);
}

static void drop_ring(struct host *host)
{
	irq_work_sync(&host->irq);
	vring_del_virtqueue(host->vq);
	free_pages_exact(host->ring.desc, host->ring_bytes);
	host->vq = NULL;
}

/* As the balloon's driver does it before the device goes. */
static void reset(struct kunit *test)
{
	struct host *host = test->priv;

	virtio_page_hinting_pause(&host->hinting);
	spin_lock_irq(&host->lock);
	host->nr_held = 0;
	spin_unlock_irq(&host->lock);
	virtio_page_hinting_reclaim(&host->hinting);

	KUNIT_EXPECT_EQ(test, atomic_long_read(&page_hinting_in_flight), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&page_hinting_counters.isolated),
			atomic_long_read(&page_hinting_counters.returned));
	drop_ring(host);
}

static void resume(struct kunit *test)
{
	struct host *host = test->priv;

	new_ring(test, RING_SIZE);
	virtio_page_hinting_resume(&host->hinting, host->vq);
}

static void expect_it_works(struct kunit *test)
{
	struct host *host = test->priv;

	KUNIT_EXPECT_FALSE(test, virtqueue_is_broken(host->vq));
	EVENTUALLY(test, all_is_known());
}

static int host_init(struct kunit *test)
{
	struct host *host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);
	const u64 *features = test->param_value;
	int error;

	KUNIT_ASSERT_NOT_NULL(test, host);
	spin_lock_init(&host->lock);
	init_irq_work(&host->irq, on_irq);
	host->vdev.dev.init_name = "page-hinting-host";
	host->vdev.config = &no_config;
	host->vdev.features = *features;
	INIT_LIST_HEAD(&host->vdev.vqs);
	spin_lock_init(&host->vdev.vqs_list_lock);
	host->age_ms = page_hinting_age_ms;
	host->age_max_ms = page_hinting_age_max_ms;
	host->min_order = page_hinting_min_order;

	test->priv = host;
	new_ring(test, RING_SIZE);
	virtio_page_hinting_init(&host->hinting);
	/* It rings before there is anything to answer. */
	virtio_page_hinting_done(&host->hinting);

	error = virtio_page_hinting_start(&host->hinting, host->vq);
	if (error) {
		drop_ring(host);
		test->priv = NULL;
		if (error == -EBUSY)
			kunit_skip(test, "a device has the engine");
	}
	KUNIT_ASSERT_EQ(test, error, 0);

	WRITE_ONCE(page_hinting_age_ms, 20);
	WRITE_ONCE(page_hinting_age_max_ms, 20);
	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(BLOCK_ORDER));
	return 0;
}

static void free_blocks(struct host *host)
{
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++) {
		if (host->blocks[i])
			__free_pages(host->blocks[i], BLOCK_ORDER);
		host->blocks[i] = NULL;
	}
}

static void host_exit(struct kunit *test)
{
	struct host *host = test->priv;

	if (!host)
		return;
	WRITE_ONCE(page_hinting_age_ms, host->age_ms);
	WRITE_ONCE(page_hinting_age_max_ms, host->age_max_ms);
	reset(test);
	/* It rings when all is over. */
	virtio_page_hinting_done(&host->hinting);
	virtio_page_hinting_stop(&host->hinting);
	page_hinting_set_min_order(host->min_order);
	free_blocks(host);
}

static struct page **find_block(struct host *host, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++)
		if (host->blocks[i] && page_to_pfn(host->blocks[i]) == pfn)
			return &host->blocks[i];
	return NULL;
}

/*
 * Makes the host hold @nr batches: of blocks that are freed one after another,
 * each of which can't merge, for its buddy stays in use.
 */
static void hold_batches(struct kunit *test, unsigned int nr)
{
	struct host *host = test->priv;
	unsigned int held = 0, i;

	free_blocks(host);
	EVENTUALLY(test, all_is_known());
	for (i = 0; i < NR_BLOCKS; i++)
		host->blocks[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN |
					      __GFP_NORETRY, BLOCK_ORDER);
	EVENTUALLY(test, all_is_known());
	spin_lock_irq(&host->lock);
	host->holds = true;
	spin_unlock_irq(&host->lock);

	for (i = 0; i < NR_BLOCKS && held < nr; i++) {
		struct page *page = host->blocks[i];

		/* Of two buddies the lower one. */
		if (!page || page_to_pfn(page) & BIT(BLOCK_ORDER) ||
		    !find_block(host, page_to_pfn(page) | BIT(BLOCK_ORDER)))
			continue;
		host->blocks[i] = NULL;
		__free_pages(page, BLOCK_ORDER);
		EVENTUALLY(test, nr_held(host) > held);
		held = nr_held(host);
	}
	KUNIT_ASSERT_GE(test, nr_held(host), nr);
	KUNIT_EXPECT_GE(test, atomic_long_read(&page_hinting_in_flight),
			nr << BLOCK_ORDER);
}

static void answers_in_all_orders(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int order, left, n;

	for (order = 0; order < 4 * 3 * 2; order++) {
		hold_batches(test, MOST_HELD);
		for (left = MOST_HELD, n = order; left; n /= left--)
			answer_one(host, n % left, 0);
		KUNIT_EXPECT_EQ(test, nr_held(host), 0);
		answer_all(host);
		expect_it_works(test);
	}
}

static void answers_all_at_once(struct kunit *test)
{
	hold_batches(test, MOST_HELD);
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
	/* The other one is still the host's. */
	KUNIT_EXPECT_GT(test, atomic_long_read(&page_hinting_in_flight), 0);
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
	static const u32 ids[] = { RING_SIZE, 0xffff, 0x10000, 0xffffffff };
	struct host *host = test->priv;
	unsigned int i, id;

	for (i = 0; i <= ARRAY_SIZE(ids); i++) {
		hold_batches(test, 1);
		if (i < ARRAY_SIZE(ids)) {
			id = ids[i];
		} else {
			/* A descriptor that heads no chain. */
			for (id = 0; id < RING_SIZE && is_held(host, id); id++)
				;
		}
		answer_wrong(host, id);
		KUNIT_EXPECT_TRUE(test, virtqueue_is_broken(host->vq));
		KUNIT_EXPECT_GT(test, atomic_long_read(&page_hinting_in_flight), 0);
		reset(test);
		resume(test);
		expect_it_works(test);
	}
}

static void answers_never(struct kunit *test)
{
	struct host *host = test->priv;

	hold_batches(test, MOST_HELD);
	/* Memory that is freed meanwhile has to wait, and nobody for it. */
	free_blocks(host);
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_FALSE(test, page_hinting_recall(page_hinting_returned()));
	KUNIT_EXPECT_EQ(test, nr_held(host), MOST_HELD);
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
	static const u16 more[] = { RING_SIZE, 1000, 0x8000, 0xffff };
	struct host *host = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		hold_batches(test, 2);
		spin_lock_irq(&host->lock);
		WRITE_ONCE(host->ring.used->idx,
			   cpu_to_virtio16(&host->vdev, host->answered + more[i]));
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

		if (virtio16_to_cpu(&host->vdev, desc->flags) & VRING_DESC_F_INDIRECT)
			memset(phys_to_virt(virtio64_to_cpu(&host->vdev, desc->addr)),
			       0xff, virtio32_to_cpu(&host->vdev, desc->len));
	}
	memset(host->ring.desc, 0xff, RING_SIZE * sizeof(*host->ring.desc));
	memset(host->ring.avail->ring, 0xff,
	       RING_SIZE * sizeof(*host->ring.avail->ring));
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
	long batches;

	hold_batches(test, 2);
	virtio_break_device(&host->vdev);
	answer_all(host);
	batches = atomic_long_read(&page_hinting_counters.batches);
	free_blocks(host);
	/* What can't be reported is put back. */
	EVENTUALLY(test, atomic_long_read(&page_hinting_counters.batches) > batches);
	reset(test);
	resume(test);
	expect_it_works(test);
}

static void comes_back_with_a_smaller_ring(struct kunit *test)
{
	struct host *host = test->priv;

	hold_batches(test, 2);
	reset(test);
	new_ring(test, 1);
	virtio_page_hinting_resume(&host->hinting, host->vq);
	/* A batch may have more ranges than this ring has descriptors. */
	KUNIT_EXPECT_FALSE(test, page_hinting_running());
	free_blocks(host);
	reset(test);
	resume(test);
	expect_it_works(test);
}

static void does_anything(struct kunit *test)
{
	struct host *host = test->priv;
	unsigned int i, n;

	for (i = 0; i < 30; i++) {
		hold_batches(test, 1 + get_random_u32_below(MOST_HELD));
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
				put_used(host, get_random_u32_below(2 * RING_SIZE),
					 get_random_u32());
				break;
			case 2:
				get_random_bytes(host->ring.used->ring,
						 RING_SIZE * sizeof(*host->ring.used->ring));
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

static const u64 features[] = {
	BIT_ULL(VIRTIO_F_VERSION_1),
	BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
};

static void describe(const u64 *feature, char *text)
{
	strscpy(text, *feature & BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) ?
		"indirect" : "direct", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ring, features, describe);

static struct kunit_case host_cases[] = {
	KUNIT_CASE_PARAM(answers_in_all_orders, ring_gen_params),
	KUNIT_CASE_PARAM(answers_all_at_once, ring_gen_params),
	KUNIT_CASE_PARAM(answers_twice, ring_gen_params),
	KUNIT_CASE_PARAM(answers_what_was_not_asked, ring_gen_params),
	KUNIT_CASE_PARAM(answers_never, ring_gen_params),
	KUNIT_CASE_PARAM(answers_with_wild_lengths, ring_gen_params),
	KUNIT_CASE_PARAM(claims_too_many_answers, ring_gen_params),
	KUNIT_CASE_PARAM(writes_over_the_ring, ring_gen_params),
	KUNIT_CASE_PARAM(does_not_want_to_be_told, ring_gen_params),
	KUNIT_CASE_PARAM(breaks_in_mid_flight, ring_gen_params),
	KUNIT_CASE_PARAM(comes_back_with_a_smaller_ring, ring_gen_params),
	KUNIT_CASE_PARAM(does_anything, ring_gen_params),
	{}
};

static struct kunit_suite host_suite = {
	.name = "page_hinting_virtqueue",
	.init = host_init,
	.exit = host_exit,
	.test_cases = host_cases,
};

kunit_test_suite(host_suite);

MODULE_DESCRIPTION("KUnit tests for free page hinting over a virtqueue");
MODULE_LICENSE("GPL");
