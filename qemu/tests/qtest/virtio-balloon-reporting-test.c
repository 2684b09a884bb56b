/*
 * QTest test cases for the virtio balloon's free page reporting
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The test is the guest: it puts buffers into the reporting queue, and sees
 * what becomes of its memory and of the counters. Each case runs with the
 * queue served by the main loop, and with it served by an iothread.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqtest.h"
#include "libqos/libqos-pc.h"
#include "libqos/pci-pc.h"
#include "libqos/virtio-pci.h"
#include "qobject/qdict.h"
#include "standard-headers/linux/virtio_balloon.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_pci.h"
#include "standard-headers/linux/virtio_ring.h"

#define SLOT            0x04
#define SLOT_OTHER      0x05
#define REPORTING_VQ    3
#define PAGE            (4 * KiB)
#define PATTERN         0x5a
/* Above what libqos allocates. */
#define AREA            (32 * MiB)
/* Indirect tables, one for each buffer in the ring. */
#define TABLES          (AREA - 4 * MiB)
#define TABLE_MAX       1024
#define TIMEOUT_US      (30 * G_USEC_PER_SEC)

#define wait_until(condition)                                           \
    do {                                                                \
        gint64 start_ = g_get_monotonic_time();                         \
                                                                        \
        while (!(condition)) {                                          \
            g_assert_cmpint(g_get_monotonic_time() - start_, <,         \
                            TIMEOUT_US);                                \
            g_usleep(100);                                              \
        }                                                               \
    } while (0)

#define MAIN_LOOP       ""
#define IOTHREAD        ",reporting-iothread=thread0"

typedef struct Hint {
    uint64_t addr;
    uint32_t len;
} Hint;

typedef struct Guest {
    QOSState *qs;
    QTestState *qts;
    QVirtioPCIDevice *pci;
    QVirtioDevice *vdev;
    QVirtQueue *vq;
    uint16_t sent;
    bool event_idx;
} Guest;

/* The driver's part */

static void start_driver(Guest *g)
{
    QPCIAddress addr = { .devfn = QPCI_DEVFN(SLOT, 0) };

    g->pci = virtio_pci_new(g->qs->pcibus, &addr);
    g_assert_nonnull(g->pci);
    g->vdev = &g->pci->vdev;
    g_assert_cmphex(g->vdev->device_type, ==, VIRTIO_ID_BALLOON);
    qvirtio_pci_device_enable(g->pci);
}

static void start_device(Guest *g)
{
    uint64_t features;

    qvirtio_start_device(g->vdev);
    features = qvirtio_get_features(g->vdev);
    g_assert_true(features & (1ull << VIRTIO_BALLOON_F_REPORTING));
    features &= ~QVIRTIO_F_BAD_FEATURE;
    if (!g->event_idx) {
        features &= ~(1ull << VIRTIO_RING_F_EVENT_IDX);
    }
    qvirtio_set_features(g->vdev, features);
    g->vq = qvirtqueue_setup(g->vdev, &g->qs->alloc, REPORTING_VQ);
    g->sent = 0;
    qvirtio_set_driver_ok(g->vdev);
}

static void forget_device(Guest *g)
{
    qvirtqueue_cleanup(g->vdev->bus, g->vq, &g->qs->alloc);
    g->vq = NULL;
}

static void stop_driver(Guest *g)
{
    forget_device(g);
    qvirtio_pci_device_disable(g->pci);
    g_free(g->pci->pdev);
    g_free(g->pci);
}

static Guest *start_guest(const char *property, const char *options)
{
    Guest *g = g_new0(Guest, 1);

    g->qs = qtest_pc_boot("-nodefaults -object iothread,id=thread0 %s "
                          "-device virtio-balloon-pci,id=balloon,addr=%x,"
                          "free-page-reporting=on%s",
                          options, SLOT, property);
    g->qts = g->qs->qts;
    start_driver(g);
    start_device(g);
    return g;
}

static Guest *start_guest_m(const char *property)
{
    return start_guest(property, "-m 512M");
}

/* What it hints takes a while: there are no huge pages. */
static Guest *start_slow_guest(const char *property)
{
    return start_guest(property, "-m 512M "
        "-object memory-backend-memfd,id=ram,size=512M,share=on "
        "-machine memory-backend=ram");
}

static void stop_guest(Guest *g)
{
    stop_driver(g);
    qtest_shutdown(g->qs);
    g_free(g);
}

/* Puts a buffer into the ring; the device is not told yet. */
static void add_buffer_at(Guest *g, uint16_t slot, const Hint *hints,
                          unsigned int n)
{
    QVirtQueue *vq = g->vq;
    g_autofree struct vring_desc *table = g_new0(struct vring_desc, n);
    uint64_t indirect = TABLES + slot * TABLE_MAX * sizeof(*table);
    struct vring_desc desc;
    unsigned int i;

    g_assert_cmpint(n, <=, TABLE_MAX);
    for (i = 0; i < n; i++) {
        table[i].addr = cpu_to_le64(hints[i].addr);
        table[i].len = cpu_to_le32(hints[i].len);
        table[i].flags = cpu_to_le16(VRING_DESC_F_WRITE |
                                     (i + 1 < n ? VRING_DESC_F_NEXT : 0));
        table[i].next = cpu_to_le16(i + 1);
    }
    qtest_memwrite(g->qts, indirect, table, n * sizeof(*table));

    desc.addr = cpu_to_le64(indirect);
    desc.len = cpu_to_le32(n * sizeof(*table));
    desc.flags = cpu_to_le16(VRING_DESC_F_INDIRECT);
    desc.next = 0;
    qtest_memwrite(g->qts, vq->desc + slot * sizeof(desc), &desc,
                   sizeof(desc));
    qtest_writew(g->qts, vq->avail + 4 + 2 * (g->sent % vq->size), slot);
    g->sent++;
}

static void add_buffer(Guest *g, const Hint *hints, unsigned int n)
{
    add_buffer_at(g, g->sent % g->vq->size, hints, n);
}

static void kick(Guest *g)
{
    qtest_writew(g->qts, g->vq->avail + 2, g->sent);
    g->vdev->bus->virtqueue_kick(g->vdev, g->vq);
}

static uint16_t returned(Guest *g)
{
    return qtest_readw(g->qts, g->vq->used + 2);
}

static void wait_returned(Guest *g)
{
    wait_until(returned(g) == g->sent);
}

static void report(Guest *g, const Hint *hints, unsigned int n)
{
    add_buffer(g, hints, n);
    kick(g);
    wait_returned(g);
}

static bool needs_reset(Guest *g)
{
    return g->vdev->bus->get_status(g->vdev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

static void wait_needs_reset(Guest *g)
{
    wait_until(needs_reset(g));
}

/* The guest's memory */

static void fill(Guest *g, uint64_t addr, size_t size)
{
    qtest_memset(g->qts, addr, PATTERN, size);
}

#define SAMPLE          64

/* What is large is sampled, and its ends: qtest is slow with much data. */
static void assert_bytes(Guest *g, uint64_t addr, size_t size, uint8_t value)
{
    size_t step = size > 1 * MiB ? 256 * KiB : SAMPLE;
    uint8_t memory[SAMPLE];
    size_t i, j;

    for (i = 0; i < size; i = i + step < size || i + SAMPLE >= size ?
                              i + step : size - SAMPLE) {
        qtest_memread(g->qts, addr + i, memory, SAMPLE);
        for (j = 0; j < SAMPLE; j++) {
            if (memory[j] != value) {
                g_test_message("at 0x%" PRIx64, addr + i + j);
            }
            g_assert_cmphex(memory[j], ==, value);
        }
    }
}

static void assert_discarded(Guest *g, uint64_t addr, size_t size)
{
    assert_bytes(g, addr, size, 0);
}

static void assert_untouched(Guest *g, uint64_t addr, size_t size)
{
    assert_bytes(g, addr, size, PATTERN);
}

/* The counters */

static QDict *query(Guest *g)
{
    return qtest_qmp_assert_success_ref(g->qts,
        "{ 'execute': 'query-balloon-reporting' }");
}

static int64_t counter(Guest *g, const char *name)
{
    QDict *info = query(g);
    int64_t value = qdict_get_int(info, name);

    qobject_unref(info);
    return value;
}

static int64_t skipped(Guest *g, const char *reason)
{
    QDict *info = query(g);
    int64_t value = qdict_get_int(qdict_get_qdict(info, "skipped-bytes"),
                                  reason);

    qobject_unref(info);
    return value;
}

/* Bytes that were hinted and are neither discarded nor skipped yet. */
static int64_t in_flight(Guest *g)
{
    QDict *info = query(g);
    QDict *skips = qdict_get_qdict(info, "skipped-bytes");
    int64_t bytes = qdict_get_int(info, "hinted-bytes") -
                    qdict_get_int(info, "discarded-bytes");
    const QDictEntry *entry;

    for (entry = qdict_first(skips); entry; entry = qdict_next(skips, entry)) {
        bytes -= qdict_get_int(skips, qdict_entry_key(entry));
    }
    qobject_unref(info);
    return bytes;
}

static void assert_balance(Guest *g)
{
    g_assert_cmpint(in_flight(g), ==, 0);
}

static void assert_counters(Guest *g, int64_t hints, int64_t discarded,
                            int64_t discards)
{
    g_assert_cmpint(counter(g, "hints"), ==, hints);
    g_assert_cmpint(counter(g, "discarded-bytes"), ==, discarded);
    g_assert_cmpint(counter(g, "discards"), ==, discards);
    assert_balance(g);
}

/* The cases */

static void check_discard(Guest *g)
{
    Hint hint = { AREA, 4 * MiB };

    fill(g, AREA - PAGE, 4 * MiB + 2 * PAGE);
    report(g, &hint, 1);
    assert_discarded(g, AREA, 4 * MiB);
    assert_untouched(g, AREA - PAGE, PAGE);
    assert_untouched(g, AREA + 4 * MiB, PAGE);
    assert_counters(g, 1, 4 * MiB, 1);
    g_assert_cmpint(counter(g, "hinted-bytes"), ==, 4 * MiB);
    g_assert_cmpint(counter(g, "buffers"), ==, 1);

    /* It is memory as before. */
    fill(g, AREA, PAGE);
    assert_untouched(g, AREA, PAGE);
}

static void test_discard(const void *property)
{
    Guest *g = start_guest_m(property);
    g_autofree char *info = NULL;

    check_discard(g);
    g_assert_cmpint(counter(g, "discard-time-ns"), >, 0);
    info = qtest_hmp(g->qts, "info balloon-reporting");
    g_assert_nonnull(strstr(info, "hinted: 4194304 bytes, 1 hints, 1 buffers"));
    g_assert_nonnull(strstr(info, "discarded: 4194304 bytes, 1 times"));
    g_assert_nonnull(strstr(info, *(const char *)property ? "thread0"
                                                          : "main loop"));
    stop_guest(g);
}

static void test_memfd(const void *property)
{
    Guest *g = start_slow_guest(property);

    check_discard(g);
    stop_guest(g);
}

static Guest *start_guest_on_file(const char *property, const char *path,
                                  const char *share)
{
    g_autofree char *options =
        g_strdup_printf("-m 64M -object memory-backend-file,id=ram,"
                        "size=64M,share=%s,mem-path=%s "
                        "-machine memory-backend=ram", share, path);

    return start_guest(property, options);
}

static void test_file(const void *property)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("balloon-reporting-XXXXXX", &path, NULL);
    Guest *g;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g = start_guest_on_file(property, path, "on");
    check_discard(g);
    stop_guest(g);
    unlink(path);
}

static void test_hugetlb(const void *property)
{
    Hint hints[] = {
        { AREA + 1 * MiB, 1 * MiB },
        { AREA + 2 * MiB, 1 * MiB },
        { AREA + 3 * MiB, 2 * MiB },
    };
    g_autofree char *count = NULL;
    Guest *g;

    if (!g_file_get_contents("/sys/kernel/mm/hugepages/hugepages-2048kB/"
                             "free_hugepages", &count, NULL, NULL) ||
        atoi(count) < 32) {
        g_test_skip("needs 32 huge pages of 2 MiB");
        return;
    }
    g = start_guest(property, "-m 64M "
        "-object memory-backend-memfd,id=ram,size=64M,share=on,"
        "hugetlb=on,hugetlbsize=2M -machine memory-backend=ram");
    fill(g, AREA, 6 * MiB);

    /* A page of which two hints have a half each goes, its neighbours stay. */
    report(g, hints, ARRAY_SIZE(hints));
    assert_untouched(g, AREA, 2 * MiB);
    assert_discarded(g, AREA + 2 * MiB, 2 * MiB);
    assert_untouched(g, AREA + 4 * MiB, 2 * MiB);
    g_assert_cmpint(skipped(g, "unaligned"), ==, 2 * MiB);
    assert_counters(g, 3, 2 * MiB, 1);
    stop_guest(g);
}

static void test_numa(const void *property)
{
    /* From one node's memory into the next one's. */
    Hint hint = { AREA - 1 * MiB, 2 * MiB };
    Guest *g = start_guest(property, "-m 64M -smp 2 "
        "-object memory-backend-ram,id=ram0,size=32M "
        "-object memory-backend-ram,id=ram1,size=32M "
        "-numa node,memdev=ram0,cpus=0 -numa node,memdev=ram1,cpus=1");

    fill(g, AREA - 2 * MiB, 4 * MiB);
    report(g, &hint, 1);
    assert_untouched(g, AREA - 2 * MiB, 1 * MiB);
    assert_discarded(g, AREA - 1 * MiB, 2 * MiB);
    assert_untouched(g, AREA + 1 * MiB, 1 * MiB);
    assert_counters(g, 2, 2 * MiB, 2);
    stop_guest(g);
}

static void test_dimm(const void *property)
{
    /* A PC's first memory device is there. */
    uint64_t dimm = 4 * GiB;
    Hint hints[] = {
        { AREA, 2 * MiB },
        { dimm, 2 * MiB },
    };
    Guest *g = start_guest(property, "-m 64M,slots=1,maxmem=1G "
        "-object memory-backend-ram,id=dimm,size=64M "
        "-device pc-dimm,memdev=dimm");

    fill(g, AREA, 4 * MiB);
    fill(g, dimm, 4 * MiB);
    report(g, hints, ARRAY_SIZE(hints));
    assert_discarded(g, AREA, 2 * MiB);
    assert_untouched(g, AREA + 2 * MiB, 2 * MiB);
    assert_discarded(g, dimm, 2 * MiB);
    assert_untouched(g, dimm + 2 * MiB, 2 * MiB);
    assert_counters(g, 2, 4 * MiB, 2);
    stop_guest(g);
}

static void test_unaligned(const void *property)
{
    Hint within = { AREA + 1024, 2048 };
    Hint across = { AREA + 4 * PAGE + 1, 3 * PAGE };
    Guest *g = start_guest_m(property);

    fill(g, AREA, 16 * PAGE);
    report(g, &within, 1);
    assert_untouched(g, AREA, 16 * PAGE);
    g_assert_cmpint(skipped(g, "unaligned"), ==, 2048);

    report(g, &across, 1);
    assert_untouched(g, AREA, 5 * PAGE);
    assert_discarded(g, AREA + 5 * PAGE, 2 * PAGE);
    assert_untouched(g, AREA + 7 * PAGE, 9 * PAGE);
    g_assert_cmpint(skipped(g, "unaligned"), ==, 2048 + PAGE);
    assert_counters(g, 2, 2 * PAGE, 1);
    stop_guest(g);
}

static void test_coalesce(const void *property)
{
    /* Two buffers, neither in order; all is one range but for a hole. */
    Hint one[] = {
        { AREA + 6 * PAGE, 2 * PAGE },
        { AREA, 2 * PAGE },
        { AREA + 10 * PAGE, 2 * PAGE },
    };
    Hint other[] = {
        { AREA + 4 * PAGE, 2 * PAGE },
        { AREA + 2 * PAGE, 2 * PAGE },
    };
    Guest *g = start_guest_m(property);

    fill(g, AREA, 16 * PAGE);
    add_buffer(g, one, ARRAY_SIZE(one));
    add_buffer(g, other, ARRAY_SIZE(other));
    kick(g);
    wait_returned(g);

    assert_discarded(g, AREA, 8 * PAGE);
    assert_untouched(g, AREA + 8 * PAGE, 2 * PAGE);
    assert_discarded(g, AREA + 10 * PAGE, 2 * PAGE);
    assert_untouched(g, AREA + 12 * PAGE, 4 * PAGE);
    assert_counters(g, 5, 10 * PAGE, 2);
    g_assert_cmpint(counter(g, "buffers"), ==, 2);
    stop_guest(g);
}

static void test_large(const void *property)
{
    /* More than one call may discard. */
    enum { CALL_MAX = 64 * MiB };
    Hint hint = { AREA, 2560 * MiB };
    Guest *g = start_guest(property, "-m 3G");
    uint64_t offset;

    for (offset = 0; offset < hint.len; offset += 128 * MiB) {
        fill(g, AREA + offset, PAGE);
    }
    report(g, &hint, 1);
    for (offset = 0; offset < hint.len; offset += 128 * MiB) {
        assert_discarded(g, AREA + offset, PAGE);
    }
    g_assert_cmpint(counter(g, "discarded-bytes"), ==, hint.len);
    g_assert_cmpint(counter(g, "discards"), >=, hint.len / CALL_MAX);
    assert_balance(g);
    stop_guest(g);
}

/* In several calls, of which the bytes must be none's or one's. */
static void test_sum(const void *property)
{
    /* From a byte after a page begins to a byte before one ends. */
    Hint hints[] = {
        { AREA + 1, 100 * MiB },
        { AREA + 50 * MiB, 110 * MiB - 1 },
    };
    int64_t unaligned = 2 * (PAGE - 1);
    Guest *g = start_slow_guest(property);

    fill(g, AREA, 160 * MiB);
    report(g, hints, ARRAY_SIZE(hints));
    assert_untouched(g, AREA, PAGE);
    assert_discarded(g, AREA + PAGE, 160 * MiB - 2 * PAGE);
    assert_untouched(g, AREA + 160 * MiB - PAGE, PAGE);
    g_assert_cmpint(skipped(g, "unaligned"), ==, unaligned);
    g_assert_cmpint(counter(g, "discarded-bytes"), ==,
                    hints[0].len + hints[1].len - unaligned);
    g_assert_cmpint(counter(g, "discards"), >=, 3);
    stop_guest(g);
}

static void test_overlapping(const void *property)
{
    Hint hints[] = {
        { AREA, 8 * PAGE },
        { AREA + 4 * PAGE, 8 * PAGE },
        { AREA + 5 * PAGE, PAGE },
        { AREA, 8 * PAGE },
    };
    Guest *g = start_guest_m(property);

    fill(g, AREA, 16 * PAGE);
    report(g, hints, ARRAY_SIZE(hints));
    assert_discarded(g, AREA, 12 * PAGE);
    assert_untouched(g, AREA + 12 * PAGE, 4 * PAGE);
    /* What was hinted twice counts twice. */
    assert_counters(g, 4, 25 * PAGE, 1);
    stop_guest(g);
}

static void test_many(const void *property)
{
    enum { BUFFERS = 16, HINTS = TABLE_MAX };
    g_autofree Hint *hints = g_new(Hint, HINTS);
    Guest *g = start_guest_m(property);
    unsigned int i, j;

    fill(g, AREA, BUFFERS * HINTS * 2 * PAGE);
    for (i = 0; i < BUFFERS; i++) {
        for (j = 0; j < HINTS; j++) {
            hints[j].addr = AREA + (j * BUFFERS + i) * 2 * PAGE;
            hints[j].len = PAGE;
        }
        add_buffer(g, hints, HINTS);
    }
    kick(g);
    wait_returned(g);
    for (i = 0; i < BUFFERS * HINTS; i += 61) {
        assert_discarded(g, AREA + i * 2 * PAGE, PAGE);
        assert_untouched(g, AREA + i * 2 * PAGE + PAGE, PAGE);
    }
    assert_counters(g, BUFFERS * HINTS, BUFFERS * HINTS * PAGE,
                    BUFFERS * HINTS);
    stop_guest(g);
}

static void test_not_ram(const void *property)
{
    Hint hints[] = {
        { 0xfee00000, PAGE },           /* MMIO: the local APIC */
        { 0xfffff000, PAGE },           /* ROM: the firmware */
        { 4 * GiB, PAGE },              /* Nothing */
        { UINT64_MAX - PAGE + 1, PAGE },
    };
    Guest *g = start_guest_m(property);
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(hints); i++) {
        report(g, &hints[i], 1);
        g_assert_cmpint(skipped(g, "not-ram"), ==, (i + 1) * PAGE);
        assert_counters(g, i + 1, 0, 0);
    }
    stop_guest(g);
}

/* A device has bounce buffers for one page; what has one goes back at once. */
static void test_not_ram_at_once(const void *property)
{
    const Hint apic = { 0xfee00000, PAGE }, rom = { 0xfffff000, PAGE };
    const Hint ram = { AREA, PAGE };
    Guest *g = start_guest_m(property);

    fill(g, AREA, PAGE);
    add_buffer(g, &apic, 1);
    add_buffer(g, &rom, 1);
    add_buffer(g, &ram, 1);
    kick(g);
    wait_returned(g);
    g_assert_false(needs_reset(g));
    g_assert_cmpint(skipped(g, "not-ram"), ==, 2 * PAGE);
    assert_counters(g, 3, PAGE, 1);
    assert_discarded(g, AREA, PAGE);
    stop_guest(g);
}

/* Fills memory that is not to be discarded, and hints it. */
static void check_not_ram(Guest *g, Hint hint)
{
    fill(g, hint.addr, hint.len);
    assert_untouched(g, hint.addr, hint.len);
    report(g, &hint, 1);
    assert_untouched(g, hint.addr, hint.len);
    g_assert_cmpint(skipped(g, "not-ram"), ==, hint.len);
    assert_counters(g, 1, 0, 0);
}

/* A template of many machines, say. */
static void test_private_file(const void *property)
{
    Hint hint = { AREA, 1 * MiB };
    g_autofree char *path = NULL;
    g_autofree char *before = g_malloc(hint.len);
    g_autofree char *after = g_malloc(hint.len);
    int fd = g_file_open_tmp("balloon-reporting-XXXXXX", &path, NULL);
    Guest *g;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, 64 * MiB), ==, 0);
    memset(before, 0x33, hint.len);
    g_assert_cmpint(pwrite(fd, before, hint.len, AREA), ==, hint.len);
    g = start_guest_on_file(property, path, "off");
    check_not_ram(g, hint);
    g_assert_cmpint(pread(fd, after, hint.len, AREA), ==, hint.len);
    g_assert_cmpint(memcmp(before, after, hint.len), ==, 0);
    stop_guest(g);
    close(fd);
    unlink(path);
}

/* A disk in memory. */
static void test_pmem(const void *property)
{
    Hint hint = { 4 * GiB, 1 * MiB };
    Guest *g;

    if (!qtest_has_device("virtio-pmem-pci")) {
        g_test_skip("no virtio-pmem");
        return;
    }
    g = start_guest(property, "-m 64M,maxmem=1G "
        "-object memory-backend-memfd,id=store,size=128M,share=on "
        "-device virtio-pmem-pci,memdev=store,addr=" stringify(SLOT_OTHER));
    check_not_ram(g, hint);
    stop_guest(g);
}

static void test_nvdimm(const void *property)
{
    Hint hint = { 4 * GiB, 1 * MiB };
    Guest *g = start_guest(property, "-M pc,nvdimm=on "
        "-m 64M,slots=1,maxmem=1G "
        "-object memory-backend-memfd,id=store,size=128M,share=on "
        "-device nvdimm,memdev=store");

    check_not_ram(g, hint);
    stop_guest(g);
}

/* Has the queue with its used ring among the device's registers. */
static void move_used_ring(Guest *g, uint16_t offset)
{
    int common = g->pci->common_cfg_offset;
    uint64_t used = g->pci->bar.addr + common + offset;

    qpci_io_writew(g->pci->pdev, g->pci->bar,
                   common + VIRTIO_PCI_COMMON_Q_SELECT, REPORTING_VQ);
    /* No more than there is room for among the registers. */
    qpci_io_writew(g->pci->pdev, g->pci->bar,
                   common + VIRTIO_PCI_COMMON_Q_SIZE, 16);
    qpci_io_writel(g->pci->pdev, g->pci->bar,
                   common + VIRTIO_PCI_COMMON_Q_USEDLO, used);
    qpci_io_writel(g->pci->pdev, g->pci->bar,
                   common + VIRTIO_PCI_COMMON_Q_USEDHI, used >> 32);
    qpci_io_writew(g->pci->pdev, g->pci->bar,
                   common + VIRTIO_PCI_COMMON_Q_ENABLE, 1);
}

/*
 * The used ring's flags are the register that resets the queue, so that not
 * to be notified has that effect, when a batch is about to begin.
 */
static void test_ring_resets_queue(const void *property)
{
    Hint hint = { AREA, 1 * MiB };
    Guest *g = start_guest_m(property);

    if (!(g->vdev->features & (1ull << VIRTIO_F_RING_RESET))) {
        g_test_skip("queues can't be reset");
        stop_guest(g);
        return;
    }
    fill(g, hint.addr, hint.len);
    move_used_ring(g, VIRTIO_PCI_COMMON_Q_RESET);
    add_buffer(g, &hint, 1);
    kick(g);
    wait_until(counter(g, "hints") == 1 && !in_flight(g));
    g_assert_cmpint(skipped(g, "cancelled"), ==, hint.len);
    assert_untouched(g, hint.addr, hint.len);

    qvirtio_reset(g->vdev);
    forget_device(g);
    start_device(g);
    report(g, &hint, 1);
    assert_discarded(g, hint.addr, hint.len);
    assert_balance(g);
    stop_guest(g);
}

/*
 * The used ring is in the device's registers, so that the number of a returned
 * buffer becomes the status: as it is, which has the queue served, or a reset.
 * Buffers are returned by a bottom half of the device, which QEMU lets write to
 * no register of the same; but one that took a bounce buffer, at once.
 */
static void test_ring_in_registers(const void *property)
{
    const uint16_t status[] = {
        VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
        VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FEATURES_OK,
        0,
    };
    const Hint apic = { 0xfee00000, PAGE };
    Hint hint = { AREA, 1 * MiB };
    Guest *g = start_guest_m(property);
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(status); i++) {
        int64_t buffers = counter(g, "buffers");

        move_used_ring(g, VIRTIO_PCI_COMMON_STATUS -
                          offsetof(struct vring_used, ring));
        fill(g, hint.addr, hint.len);
        if (!status[i]) {
            /* Another, which goes with the reset. */
            add_buffer_at(g, 1, &hint, 1);
        }
        add_buffer_at(g, status[i], status[i] ? &hint : &apic, 1);
        kick(g);
        wait_until(counter(g, "buffers") != buffers && !in_flight(g) &&
                   g->vdev->bus->get_status(g->vdev) == status[i]);

        qvirtio_reset(g->vdev);
        forget_device(g);
        start_device(g);
    }

    /* All is well after a reset. */
    fill(g, hint.addr, hint.len);
    report(g, &hint, 1);
    assert_discarded(g, hint.addr, hint.len);
    assert_balance(g);
    stop_guest(g);
}

static void test_shared_device(const void *property)
{
    Guest *g;
    QPCIDevice *pci;
    QPCIBar bar;
    Hint hint = { 0, 1 * MiB };

    if (!qtest_has_device("ivshmem-plain")) {
        g_test_skip("no ivshmem-plain");
        return;
    }
    g = start_guest(property, "-m 512M "
        "-object memory-backend-memfd,id=shared,size=1M,share=on "
        "-device ivshmem-plain,memdev=shared,addr=" stringify(SLOT_OTHER));
    pci = qpci_device_find(g->qs->pcibus, QPCI_DEVFN(SLOT_OTHER, 0));
    g_assert_nonnull(pci);
    qpci_device_enable(pci);
    bar = qpci_iomap(pci, 2, NULL);
    hint.addr = bar.addr;

    /* It is other machines' memory, too. */
    check_not_ram(g, hint);
    g_free(pci);
    stop_guest(g);
}

/* The device does not like it, QEMU does not mind, and a reset mends it. */
static void check_broken(const char *property, Hint hint)
{
    Guest *g = start_guest_m(property);

    fill(g, AREA, 4 * PAGE);
    add_buffer(g, &hint, 1);
    kick(g);
    wait_needs_reset(g);
    assert_balance(g);
    assert_untouched(g, AREA, 4 * PAGE);

    qvirtio_reset(g->vdev);
    forget_device(g);
    start_device(g);
    hint.addr = AREA;
    hint.len = PAGE;
    report(g, &hint, 1);
    assert_discarded(g, AREA, PAGE);
    assert_balance(g);
    stop_guest(g);
}

static void test_zero_length(const void *property)
{
    check_broken(property, (Hint) { AREA, 0 });
}

static void test_wrap(const void *property)
{
    Hint hint = { UINT64_MAX - PAGE + 1, 2 * PAGE };
    Guest *g = start_guest_m(property);

    /*
     * To virtio the end of the addresses is followed by their start, and that
     * is memory. A buffer of which some is not goes back as it is.
     */
    fill(g, 0, 2 * PAGE);
    report(g, &hint, 1);
    assert_untouched(g, 0, 2 * PAGE);
    g_assert_cmpint(skipped(g, "not-ram"), ==, 2 * PAGE);
    assert_counters(g, 2, 0, 0);
    stop_guest(g);
}

static void test_beyond_ram(const void *property)
{
    check_broken(property, (Hint) { 512 * MiB - PAGE, 64 * KiB });
}

static void test_own_queue(const void *property)
{
    Guest *g = start_guest_m(property);
    Hint hints[] = {
        { QEMU_ALIGN_DOWN(g->vq->desc, PAGE), 2 * PAGE },
        { AREA, PAGE },
    };

    /* With the ring gone nobody knows what is in it; we are still here. */
    fill(g, AREA, 2 * PAGE);
    add_buffer(g, hints, ARRAY_SIZE(hints));
    kick(g);
    wait_until(counter(g, "discarded-bytes") >= 3 * PAGE);
    kick(g);
    assert_discarded(g, AREA, PAGE);
    assert_untouched(g, AREA + PAGE, PAGE);
    assert_balance(g);

    qvirtio_reset(g->vdev);
    forget_device(g);
    start_device(g);
    hints[0].addr = AREA + PAGE;
    hints[0].len = PAGE;
    report(g, hints, 1);
    assert_discarded(g, AREA + PAGE, PAGE);
    stop_guest(g);
}

static void test_poisoned(const void *property)
{
    Hint hint = { AREA, 4 * PAGE };
    Guest *g = start_guest_m(property);
    uint64_t poison = g->pci->device_cfg_offset +
                      offsetof(struct virtio_balloon_config, poison_val);

    fill(g, AREA, 4 * PAGE);
    qpci_io_writel(g->pci->pdev, g->pci->bar, poison, 0x5a5a5a5a);
    report(g, &hint, 1);
    assert_untouched(g, AREA, 4 * PAGE);
    g_assert_cmpint(skipped(g, "poisoned"), ==, 4 * PAGE);
    assert_counters(g, 1, 0, 0);

    qpci_io_writel(g->pci->pdev, g->pci->bar, poison, 0);
    report(g, &hint, 1);
    assert_discarded(g, AREA, 4 * PAGE);
    assert_counters(g, 2, 4 * PAGE, 1);
    stop_guest(g);
}

static void wait_migration(Guest *g, const char *status)
{
    gint64 start = g_get_monotonic_time();

    for (;;) {
        QDict *info = qtest_qmp_assert_success_ref(g->qts,
            "{ 'execute': 'query-migrate' }");
        const char *now = qdict_get_try_str(info, "status");
        bool there = now && g_str_equal(now, status);

        g_assert_false(now && g_str_equal(now, "failed"));
        qobject_unref(info);
        if (there) {
            return;
        }
        g_assert_cmpint(g_get_monotonic_time() - start, <, TIMEOUT_US);
        g_usleep(1000);
    }
}

/* As good as never done. */
static void begin_migration(Guest *g)
{
    qtest_qmp_assert_success(g->qts,
        "{ 'execute': 'migrate-set-parameters', 'arguments': {"
        "  'max-bandwidth': 65536 } }");
    qtest_qmp_assert_success(g->qts,
        "{ 'execute': 'migrate', 'arguments': {"
        "  'uri': 'exec:cat > /dev/null' } }");
}

static void cancel_migration(Guest *g)
{
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'migrate_cancel' }");
    wait_migration(g, "cancelled");
}

/* Takes a while in a slow guest, and can be interrupted. */
#define PIECES          16
#define PIECE           (8 * MiB)
#define PIECE_AT(i)     (AREA + (i) * (PIECE + 1 * MiB))

static Hint pieces[PIECES];

static void fill_pieces(Guest *g)
{
    unsigned int i;

    for (i = 0; i < PIECES; i++) {
        pieces[i].addr = PIECE_AT(i);
        pieces[i].len = PIECE;
        fill(g, PIECE_AT(i), PIECE);
    }
}

static void assert_pieces(Guest *g, uint8_t value)
{
    unsigned int i;

    for (i = 0; i < PIECES; i++) {
        assert_bytes(g, PIECE_AT(i), PIECE, value);
    }
}

/* Until the device is at work on the pieces; it may be done with them, too. */
static void begin_pieces(Guest *g)
{
    int64_t buffers = counter(g, "buffers");

    fill_pieces(g);
    add_buffer(g, pieces, PIECES);
    kick(g);
    wait_until(counter(g, "buffers") > buffers);
}

#define LAST_BYTE(i)    (PIECE_AT(i) + PIECE - 1)

/* The last one is as it was: the device did not come to it. */
static bool was_cut_short(Guest *g)
{
    return qtest_readb(g->qts, LAST_BYTE(PIECES - 1)) == PATTERN;
}

/* From now on the memory is somebody's: no more of it goes, old or new. */
static void assert_quiet(Guest *g)
{
    bool left[PIECES];
    unsigned int i;

    for (i = 0; i < PIECES; i++) {
        left[i] = qtest_readb(g->qts, LAST_BYTE(i)) == PATTERN;
    }
    g_usleep(20000);
    for (i = 0; i < PIECES; i++) {
        g_assert_cmpint(qtest_readb(g->qts, LAST_BYTE(i)) == PATTERN, ==,
                        left[i]);
    }

    fill_pieces(g);
    g_usleep(20000);
    assert_pieces(g, PATTERN);
}

static void test_inhibited(const void *property)
{
    Hint hint = { AREA, 4 * PAGE };
    Guest *g = start_slow_guest(property);
    int64_t discarded;
    QDict *answer;
    bool possible;

    answer = qtest_qmp(g->qts,
        "{ 'execute': 'migrate-set-capabilities', 'arguments': {"
        "  'capabilities': [ { 'capability': 'background-snapshot',"
        "                      'state': true } ] } }");
    possible = !qdict_haskey(answer, "error");
    qobject_unref(answer);
    if (!possible) {
        g_test_skip("no background snapshots on this host");
        stop_guest(g);
        return;
    }
    /* What is in flight when it begins is not after that. */
    begin_pieces(g);
    g_assert_cmpint(in_flight(g), >, 0);
    begin_migration(g);
    g_assert_cmpint(in_flight(g), ==, 0);
    g_assert_cmpint(skipped(g, "cancelled"), >, 0);
    discarded = counter(g, "discarded-bytes");
    wait_migration(g, "active");
    qtest_qmp_eventwait(g->qts, "RESUME");

    fill(g, AREA, 4 * PAGE);
    report(g, &hint, 1);
    g_assert_cmpint(skipped(g, "inhibited"), ==, 4 * PAGE);
    g_assert_cmpint(counter(g, "discarded-bytes"), ==, discarded);
    assert_balance(g);
    assert_untouched(g, AREA, 4 * PAGE);

    cancel_migration(g);
    report(g, &hint, 1);
    assert_discarded(g, AREA, 4 * PAGE);
    g_assert_cmpint(counter(g, "discarded-bytes"), ==, discarded + 4 * PAGE);
    assert_balance(g);
    stop_guest(g);
}

/* While memory is migrated the guest goes on, and hints as before. */
static void test_migration(const void *property)
{
    Guest *g = start_slow_guest(property);

    fill(g, AREA, 256 * MiB);
    begin_pieces(g);
    g_assert_cmpint(in_flight(g), >, 0);
    /* The device does not want to be told of that. */
    add_buffer(g, pieces, 1);
    qtest_writew(g->qts, g->vq->avail + 2, g->sent);
    begin_migration(g);
    wait_returned(g);
    assert_balance(g);
    assert_discarded(g, PIECE_AT(0), PIECE);
    wait_migration(g, "active");
    cancel_migration(g);
    stop_guest(g);
}

static void test_stop(const void *property)
{
    const int64_t all = PIECES * PIECE;
    Guest *g = start_slow_guest(property);
    unsigned int i, seen = 0;

    /* Stopped: nothing happens until the machine continues. */
    fill_pieces(g);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
    add_buffer(g, pieces, PIECES);
    kick(g);
    g_assert_cmpint(counter(g, "hints"), ==, 0);
    g_assert_cmpint(returned(g), ==, 0);
    assert_pieces(g, PATTERN);
    qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
    wait_returned(g);
    assert_pieces(g, 0);
    g_assert_cmpint(counter(g, "discarded-bytes"), ==, all);

    /* Stopped in between: what was taken has been returned. */
    for (i = 0; i < 8; i++) {
        int64_t left;

        begin_pieces(g);
        /* It can be asked between two slices. */
        g_usleep(4000);
        left = in_flight(g);
        seen += left > 0 && left < all;
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
        assert_balance(g);
        g_assert_cmpint(returned(g), ==, g->sent);
        assert_quiet(g);
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
    }
    g_assert_cmpint(seen, >, 0);
    g_assert_cmpint(skipped(g, "cancelled"), >, 0);
    report(g, pieces, PIECES);
    assert_pieces(g, 0);
    assert_balance(g);
    stop_guest(g);
}

static void test_device_reset(const void *property)
{
    Guest *g = start_slow_guest(property);
    unsigned int i;

    for (i = 0; i < 8; i++) {
        begin_pieces(g);
        qvirtio_reset(g->vdev);
        assert_balance(g);
        assert_quiet(g);
        forget_device(g);
        start_device(g);
    }
    /* At least one of these was in the middle of it. */
    g_assert_cmpint(skipped(g, "cancelled"), >, 0);
    report(g, pieces, PIECES);
    assert_pieces(g, 0);
    assert_balance(g);
    stop_guest(g);
}

/* In the ring, but the device was not told: a reset does not take it. */
static void test_reset_waiting(const void *property)
{
    Guest *g = start_guest_m(property);
    int64_t hints;

    report(g, &(Hint) { AREA, PAGE }, 1);
    hints = counter(g, "hints");
    fill_pieces(g);
    add_buffer(g, pieces, PIECES);
    qtest_writew(g->qts, g->vq->avail + 2, g->sent);
    qvirtio_reset(g->vdev);
    g_assert_cmpint(counter(g, "hints"), ==, hints);
    assert_pieces(g, PATTERN);
    stop_guest(g);
}

static void test_queue_reset(const void *property)
{
    Guest *g = start_slow_guest(property);
    /* In struct virtio_pci_modern_common_cfg, after queue_notify_data. */
    uint64_t queue_reset = g->pci->common_cfg_offset +
                           VIRTIO_PCI_COMMON_Q_RESET;
    unsigned int i;

    if (!(g->vdev->features & (1ull << VIRTIO_F_RING_RESET))) {
        g_test_skip("queues can't be reset");
        stop_guest(g);
        return;
    }
    for (i = 0; i < 8; i++) {
        begin_pieces(g);
        g->vdev->bus->queue_select(g->vdev, REPORTING_VQ);
        qpci_io_writew(g->pci->pdev, g->pci->bar, queue_reset, 1);
        g_assert_cmpint(qpci_io_readw(g->pci->pdev, g->pci->bar, queue_reset),
                        ==, 0);
        assert_balance(g);
        assert_quiet(g);
        forget_device(g);
        g->vq = qvirtqueue_setup(g->vdev, &g->qs->alloc, REPORTING_VQ);
        g->sent = 0;
    }
    g_assert_cmpint(skipped(g, "cancelled"), >, 0);
    report(g, pieces, PIECES);
    assert_pieces(g, 0);
    assert_balance(g);
    stop_guest(g);
}

static void test_machine_reset(const void *property)
{
    Guest *g = start_slow_guest(property);
    unsigned int i, seen = 0;

    for (i = 0; i < 4; i++) {
        begin_pieces(g);
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'system_reset' }");
        qtest_qmp_eventwait(g->qts, "RESET");
        seen += was_cut_short(g);
        assert_counters(g, 0, 0, 0);
        assert_quiet(g);
        assert_counters(g, 0, 0, 0);

        /* The PCI bus has to be set up anew. */
        stop_driver(g);
        qpci_free_pc(g->qs->pcibus);
        g->qs->pcibus = qpci_new_pc(g->qts, &g->qs->alloc);
        start_driver(g);
        start_device(g);
    }
    g_assert_cmpint(seen, >, 0);
    report(g, pieces, PIECES);
    assert_pieces(g, 0);
    assert_balance(g);
    stop_guest(g);
}

static void test_unplug(const void *property)
{
    bool iothread = *(const char *)property;
    Guest *g = start_slow_guest(property);
    unsigned int i, seen = 0;

    for (i = 0; i < 4; i++) {
        QDict *arguments = qdict_new();

        begin_pieces(g);
        qpci_unplug_acpi_device_test(g->qts, "balloon", SLOT);
        seen += was_cut_short(g);
        assert_quiet(g);
        stop_driver(g);

        qdict_put_str(arguments, "id", "balloon");
        qdict_put_str(arguments, "addr", stringify(SLOT));
        qdict_put_bool(arguments, "free-page-reporting", true);
        if (iothread) {
            qdict_put_str(arguments, "reporting-iothread", "thread0");
        }
        qtest_qmp_device_add_qdict(g->qts, "virtio-balloon-pci", arguments);
        qobject_unref(arguments);
        start_driver(g);
        start_device(g);
    }
    g_assert_cmpint(seen, >, 0);
    report(g, pieces, PIECES);
    assert_pieces(g, 0);
    assert_balance(g);
    stop_guest(g);
}

static void test_quit(const void *property)
{
    unsigned int i, seen = 0;

    for (i = 0; i < 4; i++) {
        Guest *g = start_slow_guest(property);

        begin_pieces(g);
        seen += in_flight(g) > 0;
        stop_guest(g);
    }
    g_assert_cmpint(seen, >, 0);
}

/* Bytes that the host may take from QEMU when it is short of memory. */
static int64_t lazily_free(Guest *g)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup",
                                            (int)qtest_pid(g->qts));
    g_autofree char *text = NULL;
    const char *line;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    line = strstr(text, "LazyFree:");
    g_assert_nonnull(line);
    return g_ascii_strtoll(line + strlen("LazyFree:"), NULL, 10) * KiB;
}

static void test_free(const void *property)
{
    g_autofree char *properties =
        g_strdup_printf("%s,reporting-discard=free", (const char *)property);
    Hint hint = { AREA, 4 * MiB };
    Guest *g = start_guest(properties, "-m 512M "
        /* What nobody has mapped does not matter. */
        "-object memory-backend-memfd,id=other,size=1M,share=on");
    g_autofree uint8_t *memory = g_malloc(hint.len);
    QDict *info;
    size_t i;

    fill(g, AREA - PAGE, hint.len + 2 * PAGE);
    report(g, &hint, 1);
    /* Not at once what is in the batches of the host's CPUs. */
    g_assert_cmpint(lazily_free(g), >=, hint.len / 2);
    assert_untouched(g, AREA - PAGE, PAGE);
    assert_untouched(g, AREA + hint.len, PAGE);
    assert_counters(g, 1, hint.len, 1);

    /* The host takes it when it likes, page by page. */
    qtest_memread(g->qts, AREA, memory, hint.len);
    for (i = 0; i < hint.len; i++) {
        g_assert_true(memory[i] == PATTERN || memory[i] == 0);
    }
    fill(g, AREA, hint.len);
    assert_untouched(g, AREA, hint.len);

    info = query(g);
    g_assert_cmpstr(qdict_get_str(info, "discard"), ==, "free");
    qobject_unref(info);
    stop_guest(g);
}

/* What a guest may think of, and what it had better not. */
static Hint fuzz_hint(Guest *g)
{
    static const uint64_t others[] = { 0xfee00000, 0xfffff000, 0xfec00000 };
    Hint hint = {
        .addr = AREA + g_test_rand_int_range(0, 64 * MiB),
        .len = g_test_rand_int_range(1, 2 * MiB),
    };

    if (g_test_rand_int_range(0, 4)) {
        hint.addr = QEMU_ALIGN_DOWN(hint.addr, PAGE);
        hint.len = QEMU_ALIGN_UP(hint.len, PAGE);
    }
    switch (g_test_rand_int_range(0, 200)) {
    case 0 ... 9:
        hint.addr = others[g_test_rand_int_range(0, ARRAY_SIZE(others))];
        hint.len = PAGE;
        break;
    case 10:
        hint.len = 0;
        break;
    case 11:
        hint.addr = ((uint64_t)g_test_rand_int() | 4 * GiB) << 16;
        break;
    case 12:
        hint.addr = -(uint64_t)g_test_rand_int_range(1, 64 * KiB);
        hint.len = 64 * KiB;
        break;
    case 13:
        hint.addr = QEMU_ALIGN_DOWN(g->vq->desc, PAGE);
        hint.len = 2 * PAGE;
        break;
    case 14:
        hint.addr = TABLES + g_test_rand_int_range(0, 64) * PAGE;
        hint.len = PAGE;
        break;
    case 15:
        hint.len = UINT32_MAX;
        break;
    }
    return hint;
}

static void fuzz_round(Guest *g)
{
    uint64_t poison = g->pci->device_cfg_offset +
                      offsetof(struct virtio_balloon_config, poison_val);
    unsigned int buffers = g_test_rand_int_range(1, 9);
    unsigned int i, j, n;
    Hint hints[32];

    for (i = 0; i < buffers; i++) {
        uint64_t table = TABLES + g->sent % g->vq->size * TABLE_MAX *
                         sizeof(struct vring_desc);

        n = g_test_rand_int_range(1, ARRAY_SIZE(hints) + 1);
        for (j = 0; j < n; j++) {
            hints[j] = fuzz_hint(g);
        }
        add_buffer(g, hints, n);
        if (!g_test_rand_int_range(0, 32)) {
            /* Other flags, and where they lead. */
            j = g_test_rand_int_range(0, n);
            qtest_writel(g->qts, table + j * sizeof(struct vring_desc) + 12,
                         g_test_rand_int());
        }
    }
    kick(g);

    switch (g_test_rand_int_range(0, 16)) {
    case 0:
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'stop' }");
        assert_balance(g);
        qtest_qmp_assert_success(g->qts, "{ 'execute': 'cont' }");
        break;
    case 1:
        qpci_io_writel(g->pci->pdev, g->pci->bar, poison,
                       !g_test_rand_int_range(0, 8));
        break;
    case 2:
        qvirtio_reset(g->vdev);
        assert_balance(g);
        forget_device(g);
        g->event_idx = g_test_rand_int_range(0, 2);
        start_device(g);
        return;
    }
}

/*
 * Until nothing is left of a round. If the device does not work any more, or
 * the ring was hinted, its buffers are not all returned.
 */
static void fuzz_settle(Guest *g)
{
    gint64 start = g_get_monotonic_time();

    for (;;) {
        gint64 waited = g_get_monotonic_time() - start;

        if (!in_flight(g) && (returned(g) == g->sent || needs_reset(g) ||
                              waited > G_USEC_PER_SEC / 10)) {
            break;
        }
        g_assert_cmpint(waited, <, TIMEOUT_US);
        g_usleep(100);
    }
    if (returned(g) != g->sent || needs_reset(g)) {
        qvirtio_reset(g->vdev);
        assert_balance(g);
        forget_device(g);
        start_device(g);
    }
}

/*
 * The time is in seconds, from the environment; without it a few rounds must
 * do. The seed is what glib prints, and takes by --seed.
 */
static void test_fuzz(const void *property)
{
    const char *seconds = g_getenv("BALLOON_FUZZ_SECONDS");
    gint64 end = g_get_monotonic_time() +
                 (seconds ? atoi(seconds) : 0) * G_USEC_PER_SEC;
    Hint hint = { AREA, 4 * PAGE };
    uint64_t others = AREA + 256 * MiB;
    Guest *g = start_guest_m(property);
    unsigned int rounds = 0;

    fill(g, others, 1 * MiB);
    while (rounds < 300 || g_get_monotonic_time() < end) {
        fuzz_round(g);
        fuzz_settle(g);
        if (!(++rounds % 100)) {
            /* Nobody has hinted that, and of the rest we know nothing. */
            assert_untouched(g, others, 1 * MiB);
        }
    }
    g_test_message("%u rounds, %" PRId64 " hints, %" PRId64 " bytes discarded",
                   rounds, counter(g, "hints"),
                   counter(g, "discarded-bytes"));

    /* It still works. */
    qvirtio_reset(g->vdev);
    forget_device(g);
    start_device(g);
    fill(g, AREA, 4 * PAGE);
    report(g, &hint, 1);
    assert_discarded(g, AREA, 4 * PAGE);
    assert_balance(g);
    stop_guest(g);
}

static void assert_refused(const char *options, const char *properties,
                           const char *expected)
{
    QTestState *qts = qtest_initf("-nodefaults -object iothread,id=thread0 %s",
                                  options);
    g_autofree char *command = g_strdup_printf(
        "device_add virtio-balloon-pci,%s", properties);
    g_autofree char *answer = qtest_hmp(qts, "%s", command);

    if (!strstr(answer, expected)) {
        g_test_message("%s: %s", command, answer);
    }
    g_assert_nonnull(strstr(answer, expected));

    /* Nothing is left of it. */
    qtest_qmp_assert_success(qts, "{ 'execute': 'device_add', 'arguments': {"
                             " 'driver': 'virtio-balloon-pci',"
                             " 'free-page-reporting': true } }");
    qtest_quit(qts);
}

static void test_refused(void)
{
    assert_refused("-m 64M -object memory-backend-memfd,id=ram,size=64M "
                   "-machine memory-backend=ram",
                   "free-page-reporting=on,reporting-discard=free",
                   "requires private anonymous memory");
    assert_refused("-m 64M", "reporting-discard=free",
                   "requires 'free-page-reporting' to be on");
    assert_refused("-m 64M", "reporting-iothread=thread0",
                   "requires 'free-page-reporting' to be on");
}

static void test_no_reporting(void)
{
    QTestState *qts = qtest_init("-nodefaults -device virtio-balloon-pci");
    QDict *answer = qtest_qmp(qts,
                              "{ 'execute': 'query-balloon-reporting' }");

    g_assert_true(qdict_haskey(answer, "error"));
    qobject_unref(answer);
    qtest_quit(qts);
}

static void add_case(const char *name, GTestDataFunc function)
{
    g_autofree char *main_loop =
        g_strdup_printf("virtio-balloon-reporting/main-loop/%s", name);
    g_autofree char *iothread =
        g_strdup_printf("virtio-balloon-reporting/iothread/%s", name);

    qtest_add_data_func(main_loop, MAIN_LOOP, function);
    qtest_add_data_func(iothread, IOTHREAD, function);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    add_case("discard", test_discard);
    add_case("memfd", test_memfd);
    add_case("file", test_file);
    add_case("hugetlb", test_hugetlb);
    add_case("numa", test_numa);
    add_case("dimm", test_dimm);
    add_case("unaligned", test_unaligned);
    add_case("coalesce", test_coalesce);
    add_case("large", test_large);
    add_case("overlapping", test_overlapping);
    add_case("sum", test_sum);
    add_case("many", test_many);
    add_case("not-ram", test_not_ram);
    add_case("not-ram-at-once", test_not_ram_at_once);
    add_case("private-file", test_private_file);
    add_case("nvdimm", test_nvdimm);
    add_case("pmem", test_pmem);
    add_case("ring-in-registers", test_ring_in_registers);
    add_case("ring-resets-queue", test_ring_resets_queue);
    add_case("shared-device", test_shared_device);
    add_case("zero-length", test_zero_length);
    add_case("wrap", test_wrap);
    add_case("beyond-ram", test_beyond_ram);
    add_case("own-queue", test_own_queue);
    add_case("poisoned", test_poisoned);
    add_case("inhibited", test_inhibited);
    add_case("migration", test_migration);
    add_case("stop", test_stop);
    add_case("device-reset", test_device_reset);
    add_case("reset-waiting", test_reset_waiting);
    add_case("queue-reset", test_queue_reset);
    add_case("machine-reset", test_machine_reset);
    add_case("unplug", test_unplug);
    add_case("quit", test_quit);
    add_case("free", test_free);
    add_case("fuzz", test_fuzz);
    qtest_add_func("virtio-balloon-reporting/refused", test_refused);
    qtest_add_func("virtio-balloon-reporting/no-reporting", test_no_reporting);

    return g_test_run();
}
