/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Free page hinting over a virtqueue that works like the balloon's reporting
 * queue: each buffer is a set of device-writable ranges of free memory, and
 * the device returns it when it has made use of them (Virtual I/O Device
 * (VIRTIO) 1.2, section 5.5.6.8, Free Page Reporting).
 */
#ifndef _DRIVERS_VIRTIO_VIRTIO_PAGE_HINTING_H
#define _DRIVERS_VIRTIO_VIRTIO_PAGE_HINTING_H

#include <linux/page_hinting.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>

/**
 * struct virtio_page_hinting - a virtqueue in the service of page hinting
 * @device: what the engine knows
 * @vq: the virtqueue, NULL while it is not ours to use
 * @lock: protects @vq and serializes the calls on it
 * @registered: whether the engine took @device
 */
struct virtio_page_hinting {
	struct page_hinting_device device;
	struct virtqueue *vq;
	spinlock_t lock;	/* protects vq, serializes the calls on it */
	bool registered;
};

/**
 * virtio_page_hinting_init - prepare for what comes, the callback included
 * @hinting: zeroed
 */
static inline void virtio_page_hinting_init(struct virtio_page_hinting *hinting)
{
	spin_lock_init(&hinting->lock);
}

#if IS_ENABLED(CONFIG_VIRTIO_PAGE_HINTING)

void virtio_page_hinting_start(struct virtio_page_hinting *hinting,
			       struct virtqueue *vq);
void virtio_page_hinting_pause(struct virtio_page_hinting *hinting);
void virtio_page_hinting_stop(struct virtio_page_hinting *hinting);
void virtio_page_hinting_done(struct virtio_page_hinting *hinting,
			      struct virtqueue *vq);

#else

static inline void virtio_page_hinting_start(struct virtio_page_hinting *hinting,
					     struct virtqueue *vq)
{
}

static inline void virtio_page_hinting_pause(struct virtio_page_hinting *hinting)
{
}

static inline void virtio_page_hinting_stop(struct virtio_page_hinting *hinting)
{
}

static inline void virtio_page_hinting_done(struct virtio_page_hinting *hinting,
					    struct virtqueue *vq)
{
}

#endif /* CONFIG_VIRTIO_PAGE_HINTING */
#endif /* _DRIVERS_VIRTIO_VIRTIO_PAGE_HINTING_H */
