/*
 * Virtio balloon: free page reporting
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest puts buffers into the reporting queue whose device-writable
 * ranges are memory that it does not use until it gets the buffer back, and
 * whose content it does not need. Discarding it gives it back to the host.
 *
 * All buffers that wait in the queue make a batch, in which neighbouring
 * ranges become one, whichever buffers they are in. A buffer is returned when
 * the ranges of its batch have been discarded.
 *
 *   queue --collect--> batch --discard--> batch --complete--> queue
 *           main loop         iothread            main loop
 *
 * Only the middle step leaves the main loop, if an iothread was given, and it
 * needs nothing but the batch: the virtqueue, the guest's interrupt and the
 * address space stay under the BQL. It is done in slices, so that whatever
 * else the thread has to do is not kept waiting, be it the main loop's or the
 * iothread's. Mapped buffers hold a reference to their memory region, so that
 * a RAM block cannot go while it is in a batch. There is one batch at a time;
 * meanwhile the queue fills up for the next one.
 *
 * The guest says where the ring is, and that may be this device's registers.
 * So whatever reads or writes the ring may come back to us, by a status or a
 * reset that it writes: see busy.
 */

#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/madvise.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "block/aio.h"
#include "exec/cpu-common.h"
#include "exec/memory.h"
#include "exec/ramblock.h"
#include "hw/boards.h"
#include "hw/mem/memory-device.h"
#include "hw/virtio/virtio-balloon.h"
#include "hw/virtio/virtio-balloon-reporting.h"
#include "migration/misc.h"
#include "qapi/error.h"
#include "qapi/qapi-types-machine.h"
#include "system/balloon.h"
#include "system/hostmem.h"
#include "system/replay.h"
#include "system/system.h"
#include "trace.h"

#define REPORTING_QUEUE_SIZE 32

/*
 * For so long a batch is worked at before others are looked at. A system call
 * should take no longer; from how long they take follows how much the next one
 * gets. Huge pages are discarded sixty times faster than small ones.
 */
#define REPORTING_SLICE_NS (1 * SCALE_MS)
/*
 * For the main loop there is as long a pause before. Without it the BQL would
 * be free for an instant, and a CPU that waits for it has to wake up first.
 */
#define REPORTING_PAUSE_NS REPORTING_SLICE_NS

#define REPORTING_CHUNK_MIN (4 * MiB)
#define REPORTING_CHUNK_MAX (64 * MiB)

/*
 * A batch with so many descriptors takes no further buffer, so that a guest
 * with a large ring does not keep the main loop in one. A buffer has 1024 at
 * most.
 */
#define REPORTING_BATCH_FULL 32768

/*
 * What the thread that discards is told by. If it is an iothread, it may be
 * about to look at it when the device goes, and may be busy for long; so it
 * has the last reference.
 */
struct ReportingHandover {
    /* Protects the state; idle is signalled when it is not RUNNING any more. */
    QemuMutex lock;
    QemuCond idle;
    ReportingState state;
    /* Somebody waits for that, and has the next slice. */
    bool wanted;
    QEMUTimer *timer;
    /* To be looked at unless state is REPORTING_IDLE. */
    VirtIOBalloonReporting *r;
};

/* Offsets in the RAM block; end is the first that is not hinted. */
typedef struct ReportedRange {
    RAMBlock *rb;
    ram_addr_t start;
    ram_addr_t end;
} ReportedRange;

static void reporting_skip(VirtIOBalloonReporting *r, ReportingSkip why,
                           uint64_t bytes)
{
    static const char *const reason[] = {
        [REPORTING_INHIBITED] = "inhibited",
        [REPORTING_POISONED] = "poisoned",
        [REPORTING_UNALIGNED] = "unaligned",
        [REPORTING_NOT_RAM] = "not RAM",
        [REPORTING_FAILED] = "failed",
        [REPORTING_CANCELLED] = "cancelled",
    };

    if (bytes) {
        stat64_add(&r->stats.skipped[why], bytes);
        trace_virtio_balloon_reporting_skip(bytes, reason[why]);
    }
}

/*
 * The guest can map more than its RAM, for instance memory that a PCI device
 * shares with other machines. What is to be discarded belongs to a memory
 * backend and is part of the machine's RAM or of a memory device; virtio-mem
 * may map parts of its backend, which then has no container. A backend that
 * is not mapped waits for a device, or is none's.
 */
static bool reporting_is_guest_memory(RAMBlock *rb)
{
    MachineState *machine = MACHINE(qdev_get_machine());
    MemoryRegion *mr = rb->mr;

    if (!memory_region_is_ram(mr) || memory_region_is_rom(mr) ||
        memory_region_is_ram_device(mr)) {
        return false;
    }
    if (mr == machine->ram) {
        return true;
    }
    if (!object_dynamic_cast(memory_region_owner(mr), TYPE_MEMORY_BACKEND) ||
        !memory_region_is_mapped(mr)) {
        return false;
    }
    return !mr->container || mr->container == machine->ram ||
           (machine->device_memory &&
            mr->container == &machine->device_memory->mr);
}

/*
 * What outlasts the guest is not its RAM. Nor is a file of which it has private
 * pages: the hole would be in the file, of which others may have pages, too.
 */
static bool reporting_is_guest_ram(RAMBlock *rb)
{
    return reporting_is_guest_memory(rb) && !(rb->flags & RAM_PMEM) &&
           !(qemu_ram_is_named_file(rb) && !qemu_ram_is_shared(rb) &&
             qemu_ram_pagesize(rb) == qemu_real_host_page_size());
}

/* MADV_FREE works for what is private, anonymous, and in the host's pages. */
static bool reporting_can_free(RAMBlock *rb)
{
    return qemu_ram_get_fd(rb) < 0 && !qemu_ram_is_shared(rb) &&
           qemu_ram_pagesize(rb) == qemu_real_host_page_size();
}

/*
 * An NVDIMM's memory is the backend's, and only its mapping tells; behind an
 * IOMMU that can't be seen.
 */
static bool reporting_is_persistent(VirtIODevice *vdev, RAMBlock *rb,
                                    hwaddr gpa)
{
    MemoryRegionSection section;

    if (rb->mr == MACHINE(qdev_get_machine())->ram) {
        return false;
    }
    section = memory_region_find(vdev->dma_as->root, gpa, 1);
    memory_region_unref(section.mr);
    return section.nonvolatile ||
           (section.mr && memory_region_get_iommu(section.mr));
}

/* Returns false for what was mapped to a bounce buffer. */
static bool reporting_add_hint(VirtIOBalloon *s, hwaddr gpa, void *addr,
                               size_t size)
{
    VirtIOBalloonReporting *r = &s->reporting;
    ReportedRange range;

    stat64_add(&r->stats.hints, 1);
    stat64_add(&r->stats.hinted, size);

    /*
     * What is not memory, or is not to be written to, was mapped to a bounce
     * buffer, which is in no RAM block.
     */
    range.rb = qemu_ram_block_from_host(addr, false, &range.start);

    /*
     * A discarded page reads as zero when the guest uses it again. So it must
     * stay if another device or process has access to it, or if the guest
     * expects it to keep a value that is not zero.
     */
    if (virtio_balloon_inhibited()) {
        reporting_skip(r, REPORTING_INHIBITED, size);
        return range.rb;
    }
    if (s->poison_val) {
        reporting_skip(r, REPORTING_POISONED, size);
        return range.rb;
    }
    if (!range.rb || !reporting_is_guest_ram(range.rb) ||
        reporting_is_persistent(r->vdev, range.rb, gpa) ||
        range.start + size > qemu_ram_get_used_length(range.rb)) {
        trace_virtio_balloon_bad_addr(gpa);
        reporting_skip(r, REPORTING_NOT_RAM, size);
        return range.rb;
    }
    range.end = range.start + size;
    g_array_append_val(r->ranges, range);
    return true;
}

/*
 * A buffer with something that is not memory goes back as it is: that was
 * mapped to a bounce buffer, for which there is room for a page, also for
 * others.
 */
static void reporting_refuse_last(VirtIOBalloonReporting *r,
                                  unsigned int nr_ranges)
{
    g_autofree VirtQueueElement *elem =
        g_ptr_array_steal_index(r->buffers, r->buffers->len - 1);
    unsigned int i;

    for (i = nr_ranges; i < r->ranges->len; i++) {
        ReportedRange *range = &g_array_index(r->ranges, ReportedRange, i);

        reporting_skip(r, REPORTING_NOT_RAM, range->end - range->start);
    }
    g_array_set_size(r->ranges, nr_ranges);
    virtqueue_push(r->vq, elem, 0);
    virtio_notify(r->vdev, r->vq);
}

/* Takes the buffers that wait in the queue. */
static bool reporting_collect(VirtIOBalloon *s)
{
    VirtIOBalloonReporting *r = &s->reporting;
    VirtQueueElement *elem;
    unsigned int descriptors = 0;
    unsigned int i;

    while (descriptors < REPORTING_BATCH_FULL &&
           (elem = virtqueue_pop(r->vq, sizeof(VirtQueueElement)))) {
        unsigned int nr_ranges = r->ranges->len;
        bool refuse = false;

        stat64_add(&r->stats.buffers, 1);
        g_ptr_array_add(r->buffers, elem);
        descriptors += elem->in_num + elem->out_num;
        for (i = 0; i < elem->in_num; i++) {
            refuse |= !reporting_add_hint(s, elem->in_addr[i],
                                          elem->in_sg[i].iov_base,
                                          elem->in_sg[i].iov_len);
        }
        if (refuse) {
            reporting_refuse_last(r, nr_ranges);
        }
    }
    if (!r->buffers->len) {
        return false;
    }
    trace_virtio_balloon_reporting_collect(r->buffers->len, r->ranges->len);
    return true;
}

static gint reporting_compare(gconstpointer one, gconstpointer other)
{
    const ReportedRange *a = one, *b = other;

    if (a->rb != b->rb) {
        return a->rb < b->rb ? -1 : 1;
    }
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    return 0;
}

/* Of a part of a run, what was hinted: a byte that was hinted twice is two. */
static uint64_t reporting_bytes(const ReportedRange *run, unsigned int n,
                                ram_addr_t start, ram_addr_t end)
{
    uint64_t bytes = 0;
    unsigned int i;

    for (i = 0; i < n && run[i].start < end; i++) {
        if (run[i].end > start) {
            bytes += MIN(run[i].end, end) - MAX(run[i].start, start);
        }
    }
    return bytes;
}

static int reporting_discard_range(VirtIOBalloonReporting *r, RAMBlock *rb,
                                   ram_addr_t start, size_t length)
{
    int64_t begin = get_clock();
    int64_t ns;
    int ret;

    if (r->discard == BALLOON_REPORTING_DISCARD_FREE &&
        reporting_can_free(rb)) {
        ret = qemu_madvise(qemu_ram_get_host_addr(rb) + start, length,
                           QEMU_MADV_FREE) ? -errno : 0;
    } else {
        ret = ram_block_discard_range(rb, start, length);
    }
    ns = get_clock() - begin;
    if (ns > REPORTING_SLICE_NS) {
        r->chunk = MAX(r->chunk / 2, REPORTING_CHUNK_MIN);
    } else if (ns < REPORTING_SLICE_NS / 4 && length >= r->chunk) {
        r->chunk = MIN(r->chunk * 2, REPORTING_CHUNK_MAX);
    }
    stat64_add(&r->stats.discards, 1);
    stat64_add(&r->stats.discard_ns, ns);
    trace_virtio_balloon_reporting_discard(qemu_ram_get_idstr(rb), start,
                                           length, ret, ns);
    return ret;
}

/*
 * The next call for the batch, or the rest of a run skipped. A run is ranges
 * in order, of which each touches or overlaps those before it.
 */
static void reporting_discard_step(VirtIOBalloonReporting *r)
{
    const ReportedRange *run = &g_array_index(r->ranges, ReportedRange,
                                              r->first);
    RAMBlock *rb = run->rb;
    size_t page = qemu_ram_pagesize(rb);
    size_t chunk = MAX(r->chunk, page);
    ram_addr_t run_end = run->end;
    ram_addr_t start, end, next;
    unsigned int n;

    for (n = 1; r->first + n < r->ranges->len && run[n].rb == rb &&
                run[n].start <= run_end; n++) {
        run_end = MAX(run_end, run[n].end);
    }
    start = ROUND_UP(run->start, page);
    end = MAX(QEMU_ALIGN_DOWN(run_end, page), start);

    if (!r->progress) {
        uint64_t inner = reporting_bytes(run, n, start, end);

        reporting_skip(r, REPORTING_UNALIGNED,
                       reporting_bytes(run, n, run->start, run_end) - inner);
    } else {
        start = r->progress;
    }

    next = end;
    if (r->cancel) {
        reporting_skip(r, REPORTING_CANCELLED,
                       reporting_bytes(run, n, start, end));
    } else if (start < end) {
        /* It may have been disabled since the batch was collected. */
        if (!ram_block_discard_begin()) {
            reporting_skip(r, REPORTING_INHIBITED,
                           reporting_bytes(run, n, start, end));
        } else {
            /* No huge page is to be discarded in two parts. */
            next = MIN(end, QEMU_ALIGN_DOWN(start + chunk, chunk));
            if (reporting_discard_range(r, rb, start, next - start)) {
                reporting_skip(r, REPORTING_FAILED,
                               reporting_bytes(run, n, start, next));
            } else {
                stat64_add(&r->stats.discarded,
                           reporting_bytes(run, n, start, next));
            }
            ram_block_discard_end();
        }
    }

    if (next < end) {
        r->progress = next;
    } else {
        r->progress = 0;
        r->first += n;
    }
}

/*
 * By whoever has the batch, until get_clock() is at the deadline. Returns
 * whether it is done.
 */
static bool reporting_discard(VirtIOBalloonReporting *r, int64_t deadline)
{
    if (!r->first && !r->progress) {
        g_array_sort(r->ranges, reporting_compare);
    }
    do {
        if (r->first == r->ranges->len) {
            return true;
        }
        reporting_discard_step(r);
    } while (get_clock() < deadline);

    return r->first == r->ranges->len;
}

/*
 * Returns the buffers to the guest; or not, if it does not wait for them. One
 * at a time: a push may have the device reset, and then none is left.
 */
static void reporting_complete(VirtIOBalloonReporting *r, bool push)
{
    g_array_set_size(r->ranges, 0);
    r->first = 0;
    while (r->buffers->len) {
        g_autofree VirtQueueElement *elem =
            g_ptr_array_steal_index(r->buffers, 0);

        if (push) {
            virtqueue_push(r->vq, elem, 0);
        } else {
            virtqueue_detach_element(r->vq, elem, 0);
        }
    }
    if (push) {
        virtio_notify(r->vdev, r->vq);
    }
}

/* Once it is scheduled and the state is REPORTING_QUEUED, a slice follows. */
static void reporting_schedule(ReportingHandover *h)
{
    timer_mod(h->timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) +
              (h->r->iothread ? 0 : REPORTING_PAUSE_NS));
}

static void reporting_discard_timer(void *opaque)
{
    ReportingHandover *h = opaque;
    bool done;

    WITH_QEMU_LOCK_GUARD(&h->lock) {
        /* reporting_drain() may have been faster. */
        if (h->state != REPORTING_QUEUED || h->wanted) {
            return;
        }
        h->state = REPORTING_RUNNING;
    }

    done = reporting_discard(h->r, get_clock() + REPORTING_SLICE_NS);

    /* When the lock is released the device may go. */
    WITH_QEMU_LOCK_GUARD(&h->lock) {
        h->state = done ? REPORTING_DONE : REPORTING_QUEUED;
        qemu_cond_signal(&h->idle);
        if (done) {
            qemu_bh_schedule(h->r->serve_bh);
        } else {
            reporting_schedule(h);
        }
    }
}

static ReportingState reporting_state(VirtIOBalloonReporting *r)
{
    QEMU_LOCK_GUARD(&r->handover->lock);
    return r->handover->state;
}

/* The steps to and from REPORTING_IDLE are taken under the BQL. */
static void reporting_set_state(VirtIOBalloonReporting *r, ReportingState state)
{
    QEMU_LOCK_GUARD(&r->handover->lock);
    r->handover->state = state;
}

/* A hint need not be followed: nobody has to wait for the rest of a batch. */
static void reporting_cancel(VirtIOBalloonReporting *r)
{
    r->cancel = true;
    reporting_discard(r, INT64_MAX);
    r->cancel = false;
}

/*
 * Ends the batch if there is one: a slice that runs is waited for, the rest is
 * cancelled. The iothread may be busy with something else, which may even wait
 * for us; it is not asked.
 */
static void reporting_drain(VirtIOBalloonReporting *r, bool push)
{
    ReportingHandover *h = r->handover;

    if (r->busy) {
        /* A reset, written by the ring; whoever is busy has the rest. */
        if (!push) {
            reporting_cancel(r);
            reporting_complete(r, false);
        }
        return;
    }
    if (reporting_state(r) == REPORTING_IDLE) {
        return;
    }

    WITH_QEMU_LOCK_GUARD(&h->lock) {
        h->wanted = true;
        while (h->state == REPORTING_RUNNING) {
            qemu_cond_wait(&h->idle, &h->lock);
        }
        h->wanted = false;
        h->state = REPORTING_RUNNING;
    }
    reporting_cancel(r);

    reporting_set_state(r, REPORTING_IDLE);
    r->busy = true;
    reporting_complete(r, push);
    if (push) {
        virtio_queue_set_notification(r->vq, 1);
    }
    r->busy = false;
}

/*
 * One batch; the guest could add buffers for as long as we take them. If it is
 * recorded, all happens when the guest asks for it, not when there is time.
 */
static void reporting_serve(VirtIOBalloon *s)
{
    VirtIOBalloonReporting *r = &s->reporting;

    if (!r->vdev->vm_running || r->busy ||
        reporting_state(r) != REPORTING_IDLE) {
        return;
    }

    r->busy = true;
    if (reporting_collect(s)) {
        if (replay_mode != REPLAY_MODE_NONE) {
            reporting_discard(r, INT64_MAX);
            reporting_complete(r, true);
            replay_bh_schedule_event(r->serve_bh);
        } else {
            /* The guest need not tell us of more until this is done. */
            virtio_queue_set_notification(r->vq, 0);
            reporting_set_state(r, REPORTING_QUEUED);
            reporting_schedule(r->handover);
        }
    }
    r->busy = false;
}

static void reporting_serve_bh(void *opaque)
{
    VirtIOBalloon *s = opaque;

    /* If it has been drained, there may be another batch already. */
    if (reporting_state(&s->reporting) == REPORTING_DONE) {
        reporting_drain(&s->reporting, true);
    }
    reporting_serve(s);
}

static void reporting_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    reporting_serve(VIRTIO_BALLOON(vdev));
}

static BalloonReportingInfo *reporting_query(void *opaque)
{
    VirtIOBalloon *s = opaque;
    VirtIOBalloonReporting *r = &s->reporting;
    BalloonReportingInfo *info = g_new0(BalloonReportingInfo, 1);
    BalloonReportingSkipped *skipped = g_new0(BalloonReportingSkipped, 1);

    info->iothread = g_strdup(r->iothread_id);
    info->discard = r->discard;
    info->buffers = stat64_get(&r->stats.buffers);
    info->hints = stat64_get(&r->stats.hints);
    info->hinted_bytes = stat64_get(&r->stats.hinted);
    info->discarded_bytes = stat64_get(&r->stats.discarded);
    info->discards = stat64_get(&r->stats.discards);
    info->discard_time_ns = stat64_get(&r->stats.discard_ns);

    skipped->inhibited = stat64_get(&r->stats.skipped[REPORTING_INHIBITED]);
    skipped->poisoned = stat64_get(&r->stats.skipped[REPORTING_POISONED]);
    skipped->unaligned = stat64_get(&r->stats.skipped[REPORTING_UNALIGNED]);
    skipped->not_ram = stat64_get(&r->stats.skipped[REPORTING_NOT_RAM]);
    skipped->failed = stat64_get(&r->stats.skipped[REPORTING_FAILED]);
    skipped->cancelled = stat64_get(&r->stats.skipped[REPORTING_CANCELLED]);
    info->skipped_bytes = skipped;
    return info;
}

void virtio_balloon_reporting_reset_stats(VirtIOBalloon *s)
{
    VirtIOBalloonReporting *r = &s->reporting;
    unsigned int i;

    if (!r->vq) {
        return;
    }
    /* What is in flight now would be counted only in part. */
    reporting_drain(r, false);

    stat64_set(&r->stats.buffers, 0);
    stat64_set(&r->stats.hints, 0);
    stat64_set(&r->stats.hinted, 0);
    stat64_set(&r->stats.discarded, 0);
    for (i = 0; i < REPORTING_SKIP__MAX; i++) {
        stat64_set(&r->stats.skipped[i], 0);
    }
    stat64_set(&r->stats.discards, 0);
    stat64_set(&r->stats.discard_ns, 0);
}

void virtio_balloon_reporting_cancel(VirtIOBalloon *s)
{
    if (s->reporting.vq) {
        reporting_drain(&s->reporting, false);
    }
}

void virtio_balloon_reporting_run_state(VirtIOBalloon *s, uint8_t status)
{
    VirtIOBalloonReporting *r = &s->reporting;

    if (!r->vq) {
        return;
    }
    if (!r->vdev->vm_running) {
        reporting_drain(r, true);
    } else if (status & VIRTIO_CONFIG_S_DRIVER_OK) {
        /* Kicks were ignored in the meantime. */
        reporting_serve(s);
    }
}

/*
 * A background snapshot fills in all of memory before it stops the machine, so
 * that every write after that is seen. No batch from before may make holes in
 * it again. New hints are inhibited by now.
 */
static int reporting_migration_event(NotifierWithReturn *notifier,
                                     MigrationEvent *event, Error **errp)
{
    VirtIOBalloonReporting *r =
        container_of(notifier, VirtIOBalloonReporting, migration);

    if (event->type == MIG_EVENT_PRECOPY_SETUP) {
        reporting_drain(r, true);
        /* Of what came while notifications were off, nobody was told. */
        qemu_bh_schedule(r->serve_bh);
    }
    return 0;
}

static int reporting_check_block(RAMBlock *rb, void *opaque)
{
    Error **errp = opaque;

    if (reporting_is_guest_memory(rb) && !reporting_can_free(rb)) {
        error_setg(errp, "'reporting-discard=free' requires private anonymous"
                   " memory in pages of the host's size, which '%s' is not",
                   qemu_ram_get_idstr(rb));
        return -EINVAL;
    }
    return 0;
}

bool virtio_balloon_reporting_check(VirtIOBalloon *s, Error **errp)
{
    VirtIOBalloonReporting *r = &s->reporting;
    bool reporting = virtio_has_feature(s->host_features,
                                        VIRTIO_BALLOON_F_REPORTING);

    if (r->iothread && !reporting) {
        error_setg(errp, "'reporting-iothread' requires"
                   " 'free-page-reporting' to be on");
        return false;
    }
    if (r->discard == BALLOON_REPORTING_DISCARD_DONTNEED) {
        return true;
    }
    if (!reporting) {
        error_setg(errp, "'reporting-discard=free' requires"
                   " 'free-page-reporting' to be on");
        return false;
    }
    if (QEMU_MADV_FREE == QEMU_MADV_INVALID) {
        error_setg(errp, "'reporting-discard=free' requires a host that has"
                   " MADV_FREE");
        return false;
    }
    if (should_mlock(mlock_state)) {
        error_setg(errp, "'reporting-discard=free' can't free memory that"
                   " '-overcommit mem-lock' locks");
        return false;
    }
    return !qemu_ram_foreach_block(reporting_check_block, errp);
}

void virtio_balloon_reporting_realize(VirtIOBalloon *s)
{
    DeviceState *dev = DEVICE(s);
    VirtIOBalloonReporting *r = &s->reporting;
    AioContext *context = qemu_get_aio_context();

    r->vdev = VIRTIO_DEVICE(s);
    r->vq = virtio_add_queue(r->vdev, REPORTING_QUEUE_SIZE,
                             reporting_handle_output);
    r->buffers = g_ptr_array_new();
    r->ranges = g_array_new(false, false, sizeof(ReportedRange));
    r->handover = g_new0(ReportingHandover, 1);
    r->handover->r = r;
    qemu_mutex_init(&r->handover->lock);
    qemu_cond_init(&r->handover->idle);
    r->chunk = REPORTING_CHUNK_MIN;
    r->serve_bh = virtio_bh_new_guarded(dev, reporting_serve_bh, s);
    if (r->iothread) {
        r->iothread_id = iothread_get_id(r->iothread);
        context = iothread_get_aio_context(r->iothread);
    }
    r->handover->timer = aio_timer_new(context, QEMU_CLOCK_REALTIME, SCALE_NS,
                                       reporting_discard_timer, r->handover);
    migration_add_notifier(&r->migration, reporting_migration_event);
    qemu_set_balloon_reporting_handler(reporting_query);
    virtio_balloon_reporting_reset_stats(s);
}

/* In the iothread if there is one, so that it is not about to look at it. */
static void reporting_handover_free(void *opaque)
{
    ReportingHandover *h = opaque;

    timer_free(h->timer);
    qemu_cond_destroy(&h->idle);
    qemu_mutex_destroy(&h->lock);
    g_free(h);
}

void virtio_balloon_reporting_unrealize(VirtIOBalloon *s)
{
    VirtIOBalloonReporting *r = &s->reporting;

    if (!r->vq) {
        return;
    }
    migration_remove_notifier(&r->migration);
    reporting_drain(r, false);
    if (r->iothread) {
        /* Not waited for: it may be busy, or wait for us. */
        aio_bh_schedule_oneshot(iothread_get_aio_context(r->iothread),
                                reporting_handover_free, r->handover);
    } else {
        reporting_handover_free(r->handover);
    }
    r->handover = NULL;
    g_clear_pointer(&r->iothread_id, g_free);
    qemu_bh_delete(r->serve_bh);
    g_array_free(r->ranges, true);
    g_ptr_array_free(r->buffers, true);
    virtio_delete_queue(r->vq);
    r->vq = NULL;
}
