/*
 * Virtio balloon: free page reporting
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef QEMU_VIRTIO_BALLOON_REPORTING_H
#define QEMU_VIRTIO_BALLOON_REPORTING_H

#include "hw/virtio/virtio.h"
#include "qapi/qapi-types-machine.h"
#include "qemu/notify.h"
#include "qemu/stats64.h"
#include "qemu/thread.h"
#include "system/iothread.h"

typedef struct VirtIOBalloon VirtIOBalloon;

/* Why a hinted byte is not discarded. */
typedef enum {
    REPORTING_INHIBITED,
    REPORTING_POISONED,
    REPORTING_UNALIGNED,
    REPORTING_NOT_RAM,
    REPORTING_FAILED,
    REPORTING_CANCELLED,
    REPORTING_SKIP__MAX,
} ReportingSkip;

/* Who has the buffers that were taken from the queue. */
typedef enum {
    REPORTING_IDLE,         /* nobody, there are none */
    REPORTING_QUEUED,       /* nobody, the thread that discards was told */
    REPORTING_RUNNING,      /* the thread that discards */
    REPORTING_DONE,         /* the main loop, which is to return them */
} ReportingState;

typedef struct ReportingHandover ReportingHandover;

typedef struct VirtIOBalloonReporting {
    /* Properties */
    IOThread *iothread;
    BalloonReportingDiscard discard;

    VirtIODevice *vdev;
    VirtQueue *vq;
    QEMUBH *serve_bh;
    char *iothread_id;      /* of the time when the device was realized */
    NotifierWithReturn migration;

    ReportingHandover *handover;
    /*
     * Under the BQL: the ring is read or written, which may come back to us.
     * Then no batch begins, and a reset leaves nothing in the arrays.
     */
    bool busy;

    /* In the hands of the one that the handover's state tells. */
    GPtrArray *buffers;
    GArray *ranges;
    unsigned int first;     /* of the ranges, that is not done */
    ram_addr_t progress;    /* in the run that it begins; 0 at its start */
    bool cancel;            /* skip what is not done */
    size_t chunk;           /* bytes for a system call to discard */

    /* Written by the same, read at any time. */
    struct {
        Stat64 buffers;
        Stat64 hints;
        Stat64 hinted;
        Stat64 discarded;
        Stat64 skipped[REPORTING_SKIP__MAX];
        Stat64 discards;
        Stat64 discard_ns;
    } stats;
} VirtIOBalloonReporting;

/**
 * virtio_balloon_reporting_check: whether the properties can be had
 * @s: the balloon, not realized yet
 * @errp: where to say why not
 */
bool virtio_balloon_reporting_check(VirtIOBalloon *s, Error **errp);

/**
 * virtio_balloon_reporting_realize: add the queue
 * @s: the balloon; it has passed virtio_balloon_reporting_check()
 */
void virtio_balloon_reporting_realize(VirtIOBalloon *s);

/**
 * virtio_balloon_reporting_unrealize: the opposite
 * @s: the balloon, with or without the queue
 *
 * Waits for a discard that is running; the buffers are dropped.
 */
void virtio_balloon_reporting_unrealize(VirtIOBalloon *s);

/**
 * virtio_balloon_reporting_cancel: drop the buffers taken from the queue
 * @s: the balloon, with or without the queue
 *
 * For the reset of device or queue. When it returns, no memory is discarded
 * any more: from then on it may be in use again.
 */
void virtio_balloon_reporting_cancel(VirtIOBalloon *s);

/**
 * virtio_balloon_reporting_run_state: the machine stops or continues
 * @s: the balloon, with or without the queue
 * @status: the device's, from now on
 *
 * Stopped means that every buffer taken from the queue has been returned, so
 * that there is nothing of it to migrate, and that no more are taken.
 */
void virtio_balloon_reporting_run_state(VirtIOBalloon *s, uint8_t status);

/**
 * virtio_balloon_reporting_reset_stats: start counting at zero
 * @s: the balloon, with or without the queue
 */
void virtio_balloon_reporting_reset_stats(VirtIOBalloon *s);

#endif
