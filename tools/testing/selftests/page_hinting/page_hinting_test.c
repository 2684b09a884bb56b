// SPDX-License-Identifier: GPL-2.0
/*
 * Free page hinting as a guest's user space sees it. Needs root, and a guest
 * whose balloon reports free pages (QEMU: free-page-reporting=on). What the
 * host makes of the hints is tested from the host, by vm/.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define CONTROLS	"/sys/kernel/mm/page_hinting/"
#define COUNTERS	"/sys/kernel/debug/page_hinting/"
#define TRACING		"/sys/kernel/tracing/"
#define MIB		(1UL << 20)
#define BLOCK		(4 * MIB)	/* the largest that is free in one piece */
#define SLOW_S		300		/* for an emulated debug kernel */

/* Longer than the engine waits before it looks whether a burst is over. */
#define QUIET_MS	600

static int write_file(const char *directory, const char *name, const void *text,
		      size_t length)
{
	char path[256];
	ssize_t written;
	int file, error;

	snprintf(path, sizeof(path), "%s%s", directory, name);
	file = open(path, O_WRONLY | O_TRUNC);
	if (file < 0)
		return errno;
	written = write(file, text, length);
	error = written < 0 ? errno : 0;
	close(file);
	return error;
}

static int set(const char *name, const char *value)
{
	return write_file(CONTROLS, name, value, strlen(value));
}

static long read_file(const char *directory, const char *name)
{
	char path[256], text[64] = "";
	int file;

	snprintf(path, sizeof(path), "%s%s", directory, name);
	file = open(path, O_RDONLY);
	if (file < 0)
		return -1;
	if (read(file, text, sizeof(text) - 1) <= 0)
		text[0] = 0;
	close(file);
	return text[0] ? atol(text) : -1;
}

static long get(const char *name)
{
	return read_file(CONTROLS, name);
}

/* Of the engine's inside; -1, always, where debugfs is not mounted. */
static long count(const char *name)
{
	return read_file(COUNTERS, name);
}

static void sleep_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

/*
 * Until all that is free is with the host and no pass has run for QUIET_MS:
 * the last one drains the per-CPU page lists, which may bring more. That for
 * half a minute at the most. The counters are read in the order in which a block
 * goes from one to the next.
 */
static bool settle(void)
{
	long passes = count("passes");
	int quiet_ms = 0, ms;

	for (ms = 0; ms < 30000; ms += 20) {
		if (get("bytes_missed") || get("waiting") ||
		    get("bytes_in_flight") || count("passes") != passes)
			quiet_ms = 0;
		else if (quiet_ms >= QUIET_MS)
			return true;
		passes = count("passes");
		quiet_ms += 20;
		sleep_ms(20);
	}
	return false;
}

static char *map(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Every word of a page tells whose it is and where it is. */
static void fill(char *memory, size_t size, unsigned long seed)
{
	unsigned long *words = (unsigned long *)memory;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = seed ^ (i * 0x9e3779b97f4a7c15UL);
}

static bool intact(const char *memory, size_t size, unsigned long seed)
{
	const unsigned long *words = (const unsigned long *)memory;
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		if (words[i] != (seed ^ (i * 0x9e3779b97f4a7c15UL)))
			return false;
	return true;
}

static void use_and_free(size_t size)
{
	char *memory = map(size);

	if (memory) {
		memset(memory, 1, size);
		munmap(memory, size);
	}
}

/* What is freed may stay in per-CPU page lists for a while, so more than once. */
static bool frees_change(const char *counter)
{
	long before = get(counter);
	int i;

	for (i = 0; i < 10 && get(counter) == before; i++) {
		use_and_free(200 * MIB);
		sleep_ms(100);
	}
	return get(counter) != before;
}

FIXTURE(hinting)
{
	long age_ms;
	long age_max_ms;
	long min_order;
};

FIXTURE_SETUP(hinting)
{
	if (geteuid())
		SKIP(return, "needs root");
	if (access(CONTROLS "enabled", F_OK))
		SKIP(return, "the kernel has no CONFIG_FREE_PAGE_HINTING");
	if (get("enabled") != 1)
		SKIP(return, "hinting is off");

	self->age_ms = get("age_ms");
	self->age_max_ms = get("age_max_ms");
	self->min_order = get("min_order");
	/* The same age whatever is used again. */
	ASSERT_EQ(set("age_ms", "20"), 0);
	ASSERT_EQ(set("age_max_ms", "20"), 0);
	if (!frees_change("hinted"))
		SKIP(return, "no device takes hints");
	ASSERT_TRUE(settle());
}

FIXTURE_TEARDOWN(hinting)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", self->age_ms);
	set("age_ms", text);
	snprintf(text, sizeof(text), "%ld", self->age_max_ms);
	set("age_max_ms", text);
	snprintf(text, sizeof(text), "%ld", self->min_order);
	set("min_order", text);
	set("enabled", "1");
}

TEST_F_TIMEOUT(hinting, controls_take_good_values, SLOW_S)
{
	EXPECT_EQ(set("age_ms", "0"), 0);
	EXPECT_EQ(get("age_ms"), 0);
	EXPECT_EQ(set("age_ms", "60000\n"), 0);
	EXPECT_EQ(get("age_ms"), 60000);
	EXPECT_EQ(set("age_max_ms", "0"), 0);
	EXPECT_EQ(get("age_max_ms"), 0);
	EXPECT_EQ(set("age_max_ms", "60000"), 0);
	EXPECT_EQ(get("age_max_ms"), 60000);
	EXPECT_EQ(set("min_order", "10"), 0);
	EXPECT_EQ(get("min_order"), 10);
	EXPECT_EQ(set("min_order", "4"), 0);
	EXPECT_EQ(get("min_order"), 4);
	EXPECT_EQ(set("enabled", "0"), 0);
	EXPECT_EQ(get("enabled"), 0);
	EXPECT_EQ(set("enabled", "1\n"), 0);
	EXPECT_EQ(get("enabled"), 1);
}

TEST_F_TIMEOUT(hinting, controls_refuse_bad_values, SLOW_S)
{
	static const char * const names[] = {
		"age_ms", "age_max_ms", "min_order", "enabled"
	};
	static const char * const values[] = {
		"", "\n", " ", "-1", "60001", "99999999999999999999", "0x5",
		"5 5", "five", "3", "11", "1e1", "\xff\xfe", "9,",
	};
	static const char zeros[4];
	size_t n, v;

	for (n = 0; n < sizeof(names) / sizeof(*names); n++) {
		long before = get(names[n]);

		for (v = 0; v < sizeof(values) / sizeof(*values); v++) {
			/* Some are good for an age. */
			if (n < 2 && (!strcmp(values[v], "3") ||
				       !strcmp(values[v], "11")))
				continue;
			/* A write of nothing never reaches the kernel's file. */
			if (!values[v][0])
				continue;
			EXPECT_EQ(set(names[n], values[v]), EINVAL) {
				TH_LOG("%s takes \"%s\"", names[n], values[v]);
			}
		}
		EXPECT_EQ(write_file(CONTROLS, names[n], zeros, 4), EINVAL);
		EXPECT_EQ(get(names[n]), before);
	}
	EXPECT_EQ(set("hinted", "1"), EACCES) {
		/* Root may open it; then there is no way to write. */
		EXPECT_EQ(set("hinted", "1"), EIO);
	}
}

/* Written in two pieces: each is a value of its own, or none. */
TEST_F(hinting, controls_take_no_half_values)
{
	int file = open(CONTROLS "age_ms", O_WRONLY);

	ASSERT_GE(file, 0);
	EXPECT_EQ(write(file, "1", 1), 1);
	EXPECT_EQ(get("age_ms"), 1);
	EXPECT_EQ(write(file, "5", 1), 1);
	EXPECT_EQ(get("age_ms"), 5);
	EXPECT_EQ(write(file, "\n", 1), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(pwrite(file, "7", 1, 3), 1);
	EXPECT_EQ(get("age_ms"), 7);
	/* Nothing: accepted, and changes nothing. */
	EXPECT_EQ(write(file, "", 0), 0);
	EXPECT_EQ(get("age_ms"), 7);
	close(file);
}

TEST_F_TIMEOUT(hinting, controls_survive_noise, SLOW_S)
{
	static const struct {
		const char *name;
		long least, most;
	} controls[] = {
		{ "age_ms", 0, 60000 }, { "age_max_ms", 0, 60000 },
		{ "min_order", 4, 10 }, { "enabled", 0, 1 },
	};
	static const char likely[] = "0123456789 +-x\n";
	static char noise[1 << 16];
	unsigned int seed = 1;
	size_t c, i, length;
	int round;

	for (round = 0; round < 1000; round++) {
		c = round % 4;
		/* Mostly what looks like a number; a page and more at times. */
		length = round % 97 ? 1 + (size_t)rand_r(&seed) % 6 :
				      1 + rand_r(&seed) % sizeof(noise);
		for (i = 0; i < length; i++)
			noise[i] = round % 3 ?
				likely[rand_r(&seed) % (sizeof(likely) - 1)] :
				rand_r(&seed);
		if (!write_file(CONTROLS, controls[c].name, noise, length)) {
			/* Then the kernel sees a number where we see one. */
			noise[length < 16 ? length : 16] = 0;
			EXPECT_EQ(get(controls[c].name), strtol(noise, NULL, 10));
		}
		ASSERT_GE(get(controls[c].name), controls[c].least);
		ASSERT_LE(get(controls[c].name), controls[c].most);
	}
	ASSERT_EQ(set("enabled", "1"), 0);
	ASSERT_EQ(set("min_order", "9"), 0);
	ASSERT_EQ(set("age_ms", "20"), 0);
	ASSERT_EQ(set("age_max_ms", "20"), 0);
	EXPECT_TRUE(settle());
	EXPECT_TRUE(frees_change("hinted"));
}

TEST_F(hinting, only_root_controls)
{
	static const char * const names[] = {
		"enabled", "min_order", "age_ms", "age_max_ms",
		"age_now_ms", "hinted", "regretted", "waiting",
		"bytes_in_flight", "bytes_missed",
	};
	long age_ms = get("age_ms");
	struct stat mode;
	char path[256];
	size_t n;

	for (n = 0; n < sizeof(names) / sizeof(*names); n++) {
		snprintf(path, sizeof(path), CONTROLS "%s", names[n]);
		ASSERT_EQ(stat(path, &mode), 0);
		EXPECT_EQ(mode.st_mode & 07777, n < 4 ? 0644 : 0444);
		EXPECT_EQ(mode.st_uid, 0);
	}
	ASSERT_EQ(seteuid(65534), 0);
	for (n = 0; n < sizeof(names) / sizeof(*names); n++) {
		EXPECT_GE(get(names[n]), 0);
		EXPECT_EQ(set(names[n], "1"), EACCES);
	}
	ASSERT_EQ(seteuid(0), 0);
	EXPECT_EQ(get("age_ms"), age_ms);
}

/* All of them are there, and nobody writes them. */
TEST_F(hinting, counters_are_to_be_read)
{
	static const char * const names[] = {
		"captured", "overflowed", "stale", "isolated", "returned",
		"batches", "ranges", "passes", "looked", "pages_hinted",
	};
	struct stat mode;
	char path[256];
	size_t n;

	if (access(COUNTERS, F_OK))
		SKIP(return, "no debugfs");
	for (n = 0; n < sizeof(names) / sizeof(*names); n++) {
		snprintf(path, sizeof(path), COUNTERS "%s", names[n]);
		ASSERT_EQ(stat(path, &mode), 0) {
			TH_LOG("no %s", names[n]);
		}
		EXPECT_EQ(mode.st_mode & 0777, 0444);
		EXPECT_GE(count(names[n]), 0);
		EXPECT_NE(write_file(COUNTERS, names[n], "1", 1), 0);
	}
}

TEST_F_TIMEOUT(hinting, counters_add_up, SLOW_S)
{
	long captured, isolated, stale, returned, hinted, regretted;
	int i;

	if (count("captured") < 0)
		SKIP(return, "no debugfs");
	for (i = 0; i < 5; i++)
		use_and_free(100 * MIB);
	ASSERT_TRUE(settle());

	captured = count("captured");
	isolated = count("isolated");
	stale = count("stale");
	returned = count("returned");
	hinted = get("hinted");
	regretted = get("regretted");
	/* Something may have been freed between two readings. */
	if (captured != count("captured"))
		SKIP(return, "the guest is not quiet");

	EXPECT_EQ(captured, isolated + stale);
	EXPECT_EQ(isolated, returned);
	EXPECT_EQ(returned, hinted);
	EXPECT_LE(regretted, hinted);
	EXPECT_GT(hinted, 0);
	EXPECT_GE(count("ranges"), count("batches"));
	EXPECT_GE(hinted, count("ranges"));
	/* A block has at least a page of the smallest order that we have had. */
	EXPECT_GE(count("pages_hinted"), hinted << 4);
}

TEST_F_TIMEOUT(hinting, freed_memory_is_hinted, SLOW_S)
{
	long before, pages, size = 200 * MIB, page = sysconf(_SC_PAGESIZE);
	char *memory = map(size);

	ASSERT_NE(memory, NULL);
	memset(memory, 1, size);
	ASSERT_TRUE(settle());
	before = get("hinted");
	pages = count("pages_hinted");
	munmap(memory, size);
	ASSERT_TRUE(settle());
	/* Parts of blocks at the ends, and pages in per-CPU lists. */
	EXPECT_GE(get("hinted") - before, size / (long)BLOCK * 8 / 10);
	/* Blocks are of several sizes; this counts what they have. */
	if (pages >= 0)
		EXPECT_GE((count("pages_hinted") - pages) * page,
			  size * 8 / 10);
}

TEST_F_TIMEOUT(hinting, nothing_is_hinted_while_off, SLOW_S)
{
	long before;

	ASSERT_EQ(set("enabled", "0"), 0);
	before = count("captured");
	use_and_free(100 * MIB);
	sleep_ms(200);
	EXPECT_EQ(count("captured"), before);
	EXPECT_EQ(get("bytes_in_flight"), 0);

	/* On again, what was freed meanwhile is found. */
	before = get("hinted");
	ASSERT_EQ(set("enabled", "1"), 0);
	ASSERT_TRUE(settle());
	EXPECT_GE(get("hinted") - before, (long)(100 * MIB / BLOCK) / 2);
}

TEST_F_TIMEOUT(hinting, idle_guest_runs_no_pass, SLOW_S)
{
	long passes, i;

	if (count("passes") < 0)
		SKIP(return, "no debugfs");
	/* Init and the console may free something now and then. */
	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(settle());
		sleep_ms(200);
		passes = count("passes");
		sleep_ms(1500);
		if (count("passes") == passes)
			return;
	}
	ASSERT_EQ(count("passes"), passes);
}

TEST_F_TIMEOUT(hinting, smaller_orders_are_hinted, SLOW_S)
{
	ASSERT_EQ(set("min_order", "7"), 0);
	ASSERT_TRUE(settle());
	EXPECT_TRUE(frees_change("hinted"));
}

TEST_F_TIMEOUT(hinting, hinted_memory_is_zero_or_ours, SLOW_S)
{
	size_t size = 200 * MIB, i;
	unsigned long round;

	for (round = 1; round <= 5; round++) {
		char *memory = map(size);

		ASSERT_NE(memory, NULL);
		/* User memory comes zeroed, whatever the host did to it. */
		for (i = 0; i < size; i += 512)
			ASSERT_EQ(memory[i], 0);
		fill(memory, size, round);
		ASSERT_TRUE(settle());
		EXPECT_TRUE(intact(memory, size, round));
		/* It was hinted memory that we were given. */
		munmap(memory, size);
		ASSERT_TRUE(settle());
	}
}

TEST_F_TIMEOUT(hinting, age_follows_use, SLOW_S)
{
	long regretted = get("regretted");
	int i;

	ASSERT_EQ(set("age_max_ms", "10000"), 0);
	/* Used again after a while, every time: hinted too early. */
	for (i = 0; i < 50 && get("age_now_ms") < 200; i++) {
		use_and_free(128 * MIB);
		sleep_ms(200);
	}
	EXPECT_GT(get("regretted"), regretted);
	EXPECT_GE(get("age_now_ms"), 200);
	EXPECT_LE(get("age_now_ms"), 10000);

	/* What is learned is not kept when hinting starts anew. */
	ASSERT_EQ(set("enabled", "0"), 0);
	ASSERT_EQ(set("enabled", "1"), 0);
	EXPECT_EQ(get("age_now_ms"), 20);
	EXPECT_TRUE(settle());
}

static atomic_bool churning;

static void *churn(void *unused)
{
	(void)unused;
	while (atomic_load(&churning))
		use_and_free(64 * MIB);
	return NULL;
}

TEST_F_TIMEOUT(hinting, content_outlives_hinting_around_it, SLOW_S)
{
	size_t piece = MIB, nr = 128, i;
	char *pieces[128];
	pthread_t thread;
	int round;

	ASSERT_EQ(set("age_ms", "0"), 0);
	ASSERT_EQ(set("min_order", "9"), 0);
	atomic_store(&churning, true);
	ASSERT_EQ(pthread_create(&thread, NULL, churn, NULL), 0);

	/* Every other piece is freed, so that what stays lies among hints. */
	for (round = 1; round <= 5; round++) {
		for (i = 0; i < nr; i++) {
			pieces[i] = map(piece);
			ASSERT_NE(pieces[i], NULL);
			fill(pieces[i], piece, round * 1000 + i);
		}
		for (i = 0; i < nr; i += 2)
			munmap(pieces[i], piece);
		sleep_ms(100);
		for (i = 1; i < nr; i += 2) {
			EXPECT_TRUE(intact(pieces[i], piece, round * 1000 + i));
			munmap(pieces[i], piece);
		}
	}
	atomic_store(&churning, false);
	pthread_join(thread, NULL);
}

TEST_F_TIMEOUT(hinting, tracepoints_fire, SLOW_S)
{
	static const char * const events[] = {
		"page_hinting_capture:", "page_hinting_isolate:",
		"page_hinting_report:", "page_hinting_return:",
	};
	static char trace[1 << 16];
	bool found[4] = {};
	FILE *file;
	size_t i;

	if (access(TRACING "events/page_hinting", F_OK))
		SKIP(return, "no tracefs");
	write_file(TRACING, "trace", "", 0);
	ASSERT_EQ(write_file(TRACING, "events/page_hinting/enable", "1", 1), 0);
	ASSERT_TRUE(frees_change("hinted"));
	ASSERT_EQ(write_file(TRACING, "events/page_hinting/enable", "0", 1), 0);

	file = fopen(TRACING "trace", "r");
	ASSERT_NE(file, NULL);
	while (fgets(trace, sizeof(trace), file))
		for (i = 0; i < 4; i++)
			found[i] |= !!strstr(trace, events[i]);
	fclose(file);
	EXPECT_TRUE(found[0]);
	EXPECT_TRUE(found[1]);
	EXPECT_TRUE(found[2]);
	EXPECT_TRUE(found[3]);
}

TEST_HARNESS_MAIN
