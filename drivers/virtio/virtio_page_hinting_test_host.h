/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host that virtio_page_hinting_test.c plays: a virtio device down to its
 * ring in memory, with the ways of the hosts that are in use.
 */
#ifndef _DRIVERS_VIRTIO_VIRTIO_PAGE_HINTING_TEST_HOST_H
#define _DRIVERS_VIRTIO_VIRTIO_PAGE_HINTING_TEST_HOST_H

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/irq_work.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../../mm/page_hinting/internal.h"
#include "../../mm/page_hinting/page_hinting_test.h"
#include "virtio_page_hinting.h"

#define RING_SIZE_MAX	256

/* An order that no per-CPU page list has. */
#define BLOCK_ORDER	8
#define NR_BLOCKS	32

/* What a host does with a range that is not all in one of its regions. */
enum crossing {
	SPLITS,			/* discards each part where it is */
	CLAMPS,			/* discards what is in the region of the start */
	FAILS_THE_REST,		/* neither that range nor those behind it */
	FAILS_THE_CHAIN,	/* none of the ranges in the buffer */
	LOOKS_AT_THE_START,	/* discards what lies behind the region as well */
};

/* The used length that it answers with. */
enum used_length { ZERO, SUM, NUMBER };

/**
 * struct ways - the ways of a host
 * @name: the host's, NULL for one that only has a ring
 * @ring_size: entries in its reporting queue
 * @indirect: whether it offers indirect descriptors
 * @crossing: see there
 * @used_length: see there
 * @fails: no discard succeeds; the answers are the same
 * @late_ms: it answers one buffer in so many milliseconds, 0 for at once
 */
struct ways {
	const char *name;
	unsigned int ring_size;
	bool indirect;
	enum crossing crossing;
	enum used_length used_length;
	bool fails;
	unsigned int late_ms;
};

/**
 * struct shadow - what the host knows of the guest's memory
 * @held: the pages in buffers that the host holds
 * @nr_regions: regions, each a section of the guest's memory
 * @reported: pages that were in a buffer
 * @discarded: pages that were discarded
 * @crossed: ranges that went beyond a region
 * @foreign: pages that were discarded, or to be, without being reported
 * @invalid: descriptors that are wrong in another way
 *
 * Protected by the host's lock.
 */
struct shadow {
	unsigned long *held;
	unsigned long nr_regions;
	unsigned long reported, discarded;
	unsigned long crossed, foreign, invalid;
};

struct host {
	const struct ways *ways;
	struct virtio_device vdev;
	struct virtio_page_hinting hinting;
	struct virtqueue *vq;
	struct irq_work irq;
	size_t ring_bytes;
	spinlock_t lock;		/* protects what follows */
	struct vring ring;
	bool holds;			/* answers when the test says so */
	u16 seen, answered;		/* indices of the available, the used ring */
	u16 held[RING_SIZE_MAX];	/* heads of the chains that it has */
	unsigned int nr_held;
	struct shadow *shadow;		/* NULL if it only plays with the ring */
	struct test_settings settings;
	struct page *blocks[NR_BLOCKS];	/* the test's memory */
};

struct span {
	unsigned long pfn, nr_pages;
};

/* The batches that the driver may have in flight. */
static unsigned int most_held(struct host *host)
{
	return host->hinting.device.max_batches;
}

static u16 to_cpu16(struct host *host, __virtio16 value)
{
	return virtio16_to_cpu(&host->vdev, value);
}

static bool has_flag(struct host *host, struct vring_desc *desc, u16 flag)
{
	return to_cpu16(host, desc->flags) & flag;
}

/* The regions */

/*
 * The regions lie the other way round at the host: what is behind a region
 * there, is not what is behind it in the guest. The same way leads back.
 */
static unsigned long at_host(struct shadow *shadow, unsigned long pfn)
{
	unsigned long region = shadow->nr_regions - 1 - pfn_to_section_nr(pfn);

	return section_nr_to_pfn(region) + pfn % PAGES_PER_SECTION;
}

static unsigned long rest_of_region(unsigned long pfn)
{
	return PAGES_PER_SECTION - pfn % PAGES_PER_SECTION;
}

/* Discards at the host from where the guest's page @pfn is. */
static void discard_from(struct host *host, unsigned long pfn,
			 unsigned long nr_pages)
{
	struct shadow *shadow = host->shadow;
	unsigned long at, end = section_nr_to_pfn(shadow->nr_regions);

	for (at = at_host(shadow, pfn); nr_pages--; at++) {
		if (at < end && test_bit(at_host(shadow, at), shadow->held))
			shadow->discarded++;
		else
			shadow->foreign++;
	}
}

/* Returns whether the host goes on with the buffer's next range. */
static bool discard_range(struct host *host, struct span *range)
{
	unsigned long pfn = range->pfn, left = range->nr_pages, part;

	switch (host->ways->crossing) {
	case SPLITS:
		for (; left; pfn += part, left -= part) {
			part = min(left, rest_of_region(pfn));
			discard_from(host, pfn, part);
		}
		return true;
	case CLAMPS:
		discard_from(host, pfn, min(left, rest_of_region(pfn)));
		return true;
	case FAILS_THE_REST:
	case FAILS_THE_CHAIN:
		if (left > rest_of_region(pfn))
			return false;
		fallthrough;
	case LOOKS_AT_THE_START:
		discard_from(host, pfn, left);
		return true;
	}
	return false;
}

/* Reads the ranges of a buffer, up to @most of them. Returns how many. */
static unsigned int read_buffer(struct host *host, u16 head,
				struct span *ranges, unsigned int most)
{
	struct vring_desc *desc = host->ring.desc;
	unsigned int size = host->ring.num, i = head, nr = 0;

	if (has_flag(host, &desc[head], VRING_DESC_F_INDIRECT)) {
		size = virtio32_to_cpu(&host->vdev, desc[head].len) / sizeof(*desc);
		desc = phys_to_virt(virtio64_to_cpu(&host->vdev, desc[head].addr));
		i = 0;
		/* A table longer than the ring is not allowed. */
		if (size > host->ring.num)
			host->shadow->invalid++;
	}
	for (; i < size && nr < most; i = to_cpu16(host, desc[i].next)) {
		u64 addr = virtio64_to_cpu(&host->vdev, desc[i].addr);
		u32 length = virtio32_to_cpu(&host->vdev, desc[i].len);

		ranges[nr].pfn = PHYS_PFN(addr);
		ranges[nr++].nr_pages = PFN_DOWN(length);
		if (!length || !has_flag(host, &desc[i], VRING_DESC_F_WRITE) ||
		    (addr | length) & ((PAGE_SIZE << BLOCK_ORDER) - 1))
			host->shadow->invalid++;
		if (!has_flag(host, &desc[i], VRING_DESC_F_NEXT))
			return nr;
	}
	host->shadow->invalid++;
	return nr;
}

/* Nobody has a page that is in flight, and it is in one buffer only. */
static void note_held(struct host *host, struct span *range)
{
	unsigned long pfn = range->pfn, end = pfn + range->nr_pages;
	struct shadow *shadow = host->shadow;

	if (end > section_nr_to_pfn(shadow->nr_regions)) {
		shadow->foreign += range->nr_pages;
		return;
	}
	if (range->nr_pages > rest_of_region(pfn))
		shadow->crossed++;
	shadow->reported += range->nr_pages;
	for (; pfn < end; pfn++)
		if (__test_and_set_bit(pfn, shadow->held) ||
		    !pfn_to_online_page(pfn) || PageBuddy(pfn_to_page(pfn)) ||
		    page_count(pfn_to_page(pfn)))
			shadow->foreign++;
}

static void take_buffer(struct host *host, u16 head)
{
	struct span ranges[32];
	unsigned int nr, i;

	nr = read_buffer(host, head, ranges, ARRAY_SIZE(ranges));
	for (i = 0; i < nr; i++)
		note_held(host, &ranges[i]);
}

/* Does what the buffer asks for; returns the used length to answer with. */
static u32 work_on_buffer(struct host *host, u16 head)
{
	bool goes_on = !host->ways->fails;
	struct span ranges[32];
	unsigned int nr, i;
	u32 sum = 0;

	nr = read_buffer(host, head, ranges, ARRAY_SIZE(ranges));
	for (i = 0; i < nr; i++) {
		sum += ranges[i].nr_pages << PAGE_SHIFT;
		if (host->ways->crossing == FAILS_THE_CHAIN &&
		    ranges[i].nr_pages > rest_of_region(ranges[i].pfn))
			goes_on = false;
	}
	for (i = 0; i < nr && goes_on; i++)
		goes_on = discard_range(host, &ranges[i]);
	for (i = 0; i < nr; i++)
		bitmap_clear(host->shadow->held, ranges[i].pfn, ranges[i].nr_pages);

	switch (host->ways->used_length) {
	case SUM:
		return sum;
	case NUMBER:
		return nr;
	default:
		return 0;
	}
}

/* The device */

static void look_for_buffers(struct host *host)
{
	lockdep_assert_held(&host->lock);

	while (host->nr_held < host->ring.num &&
	       host->seen != to_cpu16(host, READ_ONCE(host->ring.avail->idx))) {
		unsigned int n = host->seen++ % host->ring.num;
		u16 head;

		/* Pairs with the barrier before the driver offers it. */
		virtio_rmb(true);
		head = to_cpu16(host, host->ring.avail->ring[n]);
		host->held[host->nr_held++] = head;
		if (host->shadow)
			take_buffer(host, head);
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

	if (host->shadow)
		length = work_on_buffer(host, host->held[n]);
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
	struct host *host = container_of(vq->vdev, struct host, vdev);

	virtio_page_hinting_done(&host->hinting, vq);
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

static void hold(struct host *host)
{
	spin_lock_irq(&host->lock);
	host->holds = true;
	spin_unlock_irq(&host->lock);
}

/* Its life */

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
	if (host->shadow)
		bitmap_zero(host->shadow->held,
			    section_nr_to_pfn(host->shadow->nr_regions));
	spin_unlock_irq(&host->lock);
	virtio_page_hinting_stop(&host->hinting);

	KUNIT_EXPECT_EQ(test, page_hinting_in_flight(), 0);
	KUNIT_EXPECT_EQ(test, page_hinting_count(HINT_ISOLATED),
			page_hinting_count(HINT_RETURNED));
	drop_ring(host);
}

static void resume(struct kunit *test)
{
	struct host *host = test->priv;

	new_ring(test, host->ways->ring_size);
	virtio_page_hinting_start(&host->hinting, host->vq);
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

static void alloc_blocks(struct host *host)
{
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++)
		host->blocks[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN |
					      __GFP_NORETRY, BLOCK_ORDER);
}

static int host_init(struct kunit *test)
{
	struct host *host;

	if (page_hinting_running())
		kunit_skip(test, "a device has the engine");

	host = kunit_kzalloc(test, sizeof(*host), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, host);
	host->ways = test->param_value;
	spin_lock_init(&host->lock);
	init_irq_work(&host->irq, on_irq);
	host->vdev.dev.init_name = "page-hinting-host";
	host->vdev.config = &no_config;
	host->vdev.features = BIT_ULL(VIRTIO_F_VERSION_1);
	if (host->ways->indirect)
		host->vdev.features |= BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
	INIT_LIST_HEAD(&host->vdev.vqs);
	spin_lock_init(&host->vdev.vqs_list_lock);

	test->priv = host;
	new_ring(test, host->ways->ring_size);
	virtio_page_hinting_init(&host->hinting);
	/* It rings before there is anything to answer. */
	virtio_page_hinting_done(&host->hinting, host->vq);

	test_settings_begin(&host->settings);
	virtio_page_hinting_start(&host->hinting, host->vq);
	KUNIT_ASSERT_TRUE(test, host->hinting.registered);

	KUNIT_ASSERT_EQ(test, 0, page_hinting_set_min_order(BLOCK_ORDER));
	return 0;
}

static void host_exit(struct kunit *test)
{
	struct host *host = test->priv;
	struct virtqueue *gone;

	if (!host)
		return;
	gone = host->vq;
	reset(test);
	/* It rings when all is over. */
	virtio_page_hinting_done(&host->hinting, gone);
	test_settings_end(&host->settings);
	free_blocks(host);
	if (host->shadow)
		kvfree(host->shadow->held);
}

static struct page **find_block(struct host *host, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++)
		if (host->blocks[i] && page_to_pfn(host->blocks[i]) == pfn)
			return &host->blocks[i];
	return NULL;
}

/* Whether the driver has no descriptor left, so that it can't add a buffer. */
static bool ring_is_full(struct host *host)
{
	unsigned long flags;
	bool full;

	spin_lock_irqsave(&host->hinting.lock, flags);
	full = !host->vq->num_free;
	spin_unlock_irqrestore(&host->hinting.lock, flags);
	return full;
}

/*
 * Makes the host hold @nr batches, or as many as the ring has room for: of
 * blocks that are freed one after another, each of which can't merge, for its
 * buddy stays in use.
 */
static void hold_batches(struct kunit *test, unsigned int nr)
{
	struct host *host = test->priv;
	unsigned int held = 0, i;

	nr = min(nr, most_held(host));
	free_blocks(host);
	EVENTUALLY(test, all_is_known());
	alloc_blocks(host);
	EVENTUALLY(test, all_is_known());
	hold(host);

	for (i = 0; i < NR_BLOCKS && held < nr && !ring_is_full(host); i++) {
		struct page *page = host->blocks[i];

		/* Of two buddies the lower one. */
		if (!page || page_to_pfn(page) & BIT(BLOCK_ORDER) ||
		    !find_block(host, page_to_pfn(page) | BIT(BLOCK_ORDER)))
			continue;
		host->blocks[i] = NULL;
		__free_pages(page, BLOCK_ORDER);
		EVENTUALLY(test, nr_held(host) > held || ring_is_full(host));
		held = nr_held(host);
	}
	KUNIT_ASSERT_TRUE(test, nr_held(host) >= nr || ring_is_full(host));
	KUNIT_ASSERT_GT(test, nr_held(host), 0);
	KUNIT_EXPECT_GE(test, page_hinting_in_flight(), nr_held(host) << BLOCK_ORDER);
}

#endif
