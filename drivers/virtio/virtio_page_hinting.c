// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting over a virtqueue.
 *
 * The engine's pass adds batches, the virtqueue's callback takes the answers;
 * nobody waits. Invariant 8 (the host is trusted with the content only): what
 * the host writes into the ring goes through virtqueue_get_buf(), which gives
 * out a batch only if it is in flight, once, or breaks the queue. The length
 * that the host claims to have written is of no use to us and is not looked at.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/virtio_config.h>
#include <uapi/linux/virtio_ring.h>

#include "virtio_page_hinting.h"

/*
 * Ranges in a batch, and so memory in it, that keep a host busy for a few
 * milliseconds; as many as page reporting sends at once.
 */
#define MAX_RANGES	32U

/*
 * Batches that keep the host busy while the next is being made. More would
 * only be more free memory that nobody can have.
 */
#define MAX_BATCHES	4U

/*
 * How many ranges the engine may have in flight with a ring of @size. With
 * indirect descriptors a batch takes one descriptor of the ring, and its table
 * may be as long as the ring. Without, each range takes one, and the batches
 * share them: half of them are enough for one batch, so that there is room for
 * the next while the host works on it.
 */
static void set_limits(struct page_hinting_device *device,
		       unsigned int size, bool indirect)
{
	device->max_batches = min(size, MAX_BATCHES);
	device->max_ranges = min(indirect ? size : DIV_ROUND_UP(size, 2),
				 MAX_RANGES);
	device->max_descriptors = indirect ?
		device->max_batches * device->max_ranges : size;
}

static int report(struct page_hinting_device *device,
		  struct page_hinting_batch *batch)
{
	struct virtio_page_hinting *hinting =
		container_of(device, struct virtio_page_hinting, device);
	unsigned long flags;
	bool notify = false;
	int error;

	spin_lock_irqsave(&hinting->lock, flags);
	/*
	 * Without memory for an indirect table this uses descriptors of the
	 * ring, and if they are taken it fails: the blocks are tried again.
	 */
	error = virtqueue_add_inbuf(hinting->vq, batch->ranges,
				    batch->nr_ranges, batch,
				    GFP_NOWAIT | __GFP_NOWARN);
	if (!error)
		notify = virtqueue_kick_prepare(hinting->vq);
	spin_unlock_irqrestore(&hinting->lock, flags);

	/* Outside the lock: the host may discard before it lets us go on. */
	if (notify)
		virtqueue_notify(hinting->vq);
	return error;
}

/**
 * virtio_page_hinting_done - take the batches that the host has answered
 * @hinting: after virtio_page_hinting_init()
 * @vq: the virtqueue whose callback this is; nothing happens if it is not
 *	the one that was handed to the engine
 *
 * Context: the virtqueue's callback.
 */
void virtio_page_hinting_done(struct virtio_page_hinting *hinting,
			      struct virtqueue *vq)
{
	struct page_hinting_batch *batch;
	unsigned int unused;
	unsigned long flags;
	bool more;

	do {
		spin_lock_irqsave(&hinting->lock, flags);
		batch = NULL;
		more = false;
		/* The host may ring before there is anything to answer. */
		if (hinting->vq == vq && !virtqueue_is_broken(vq)) {
			virtqueue_disable_cb(vq);
			batch = virtqueue_get_buf(vq, &unused);
			more = batch || !virtqueue_enable_cb(vq);
		}
		spin_unlock_irqrestore(&hinting->lock, flags);

		if (batch)
			page_hinting_complete(batch, 0);
	} while (more);
}
EXPORT_SYMBOL_GPL(virtio_page_hinting_done);

static void set_vq(struct virtio_page_hinting *hinting, struct virtqueue *vq)
{
	spin_lock_irq(&hinting->lock);
	hinting->vq = vq;
	spin_unlock_irq(&hinting->lock);
}

/**
 * virtio_page_hinting_start - hand a virtqueue to the engine
 * @hinting: after virtio_page_hinting_init()
 * @vq: the virtqueue, its device ready, or NULL if there is none; its callback
 *	calls virtio_page_hinting_done()
 *
 * Without hinting, by choice or by failure, the virtqueue is not used and the
 * other functions do nothing. It may be started again after it was stopped.
 *
 * Context: may sleep.
 */
void virtio_page_hinting_start(struct virtio_page_hinting *hinting,
			       struct virtqueue *vq)
{
	int error;

	/* If page reporting was chosen at boot, the virtqueue is in its use. */
	if (!vq || !page_hinting_chosen())
		return;

	set_vq(hinting, vq);
	hinting->device.report = report;
	set_limits(&hinting->device, virtqueue_get_vring_size(vq),
		   virtio_has_feature(vq->vdev, VIRTIO_RING_F_INDIRECT_DESC));
	error = page_hinting_register(&hinting->device);
	hinting->registered = !error;
	if (error) {
		set_vq(hinting, NULL);
		/* The device has other uses, so this is no failure of it. */
		dev_warn(&vq->vdev->dev, "no page hinting: %d\n", error);
	}
}
EXPORT_SYMBOL_GPL(virtio_page_hinting_start);

/**
 * virtio_page_hinting_pause - let nothing new into the virtqueue
 * @hinting: the queue; its device may be reset afterwards
 *
 * Context: may sleep.
 */
void virtio_page_hinting_pause(struct virtio_page_hinting *hinting)
{
	if (hinting->registered)
		page_hinting_pause(&hinting->device);
}
EXPORT_SYMBOL_GPL(virtio_page_hinting_pause);

/**
 * virtio_page_hinting_stop - take the virtqueue from the engine
 * @hinting: the queue; paused, its device reset, so that the host is done
 *	with it whatever it was about to do
 *
 * What the host has not answered comes back.
 *
 * Context: may sleep.
 */
void virtio_page_hinting_stop(struct virtio_page_hinting *hinting)
{
	struct page_hinting_batch *batch;

	if (!hinting->registered)
		return;
	/* Not every transport's reset waits for the callbacks. */
	virtio_synchronize_cbs(hinting->vq->vdev);
	do {
		spin_lock_irq(&hinting->lock);
		batch = virtqueue_detach_unused_buf(hinting->vq);
		/* It goes with the device; there may never be another. */
		if (!batch)
			hinting->vq = NULL;
		spin_unlock_irq(&hinting->lock);

		if (batch)
			page_hinting_complete(batch, -EIO);
	} while (batch);
	page_hinting_unregister(&hinting->device);
	hinting->registered = false;
}
EXPORT_SYMBOL_GPL(virtio_page_hinting_stop);

MODULE_DESCRIPTION("Free page hinting over a virtqueue");
MODULE_LICENSE("GPL");
