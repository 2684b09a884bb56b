// SPDX-License-Identifier: GPL-2.0
/*
 * Fills memory to the last page while others free it: how much can be had?
 *
 * usage: brim [-k] [-p PART] [-s seconds] KiB
 *
 * With 0 KiB: one process, the taker, writes page after page until the OOM
 * killer ends it. With the amount that this gave: others, a process for each
 * further CPU, hold half of it first, and free it step by step, always as
 * much as the taker needs to go on; so all the time little is free and much
 * is being freed. When they have freed all of it the taker goes on to the last
 * page, or, with -k (keep clear), to a 64th before the end and stops; with -p
 * to a PART-th. -s repeats that for so many seconds.
 *
 * Prints "KiB KILLS": what the taker had at last, the least of all times, and
 * how many processes the OOM killer has ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE_KIB	4L
#define STEP_KIB	4096L
#define MAX_FREERS	15

/* In KiB. */
static struct {
	atomic_long taken;	/* by the taker */
	atomic_long held;	/* by the freers, at the beginning */
	atomic_long claimed;	/* of that: one of them is going to free it */
	atomic_long freed;	/* of that: done */
} *shared;

static long capacity, reserve, nr_freers;
static long clear_part = 64;
static bool keep_clear;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *map(long kib, int flags)
{
	void *memory = mmap(NULL, kib << 10, PROT_READ | PROT_WRITE,
			    flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		fail("brim: mmap");
	return memory;
}

/* 1000: the first to be killed; -1000: never. */
static void set_oom_score(const char *value)
{
	int file = open("/proc/self/oom_score_adj", O_WRONLY);

	if (file < 0 || write(file, value, strlen(value)) < 0)
		fail("brim: oom_score_adj");
	close(file);
}

static long oom_kills(void)
{
	FILE *file = fopen("/proc/vmstat", "r");
	char name[64];
	long value;

	if (!file)
		fail("brim: /proc/vmstat");
	while (fscanf(file, "%63s %ld", name, &value) == 2)
		if (!strcmp(name, "oom_kill"))
			break;
	fclose(file);
	return value;
}

/* What is free is the capacity less this. */
static long in_use(void)
{
	return shared->taken + shared->held - shared->freed;
}

static void take(void)
{
	long most = keep_clear ? capacity - capacity / clear_part : 1L << 40;
	char *memory = map(1L << 30, MAP_PRIVATE);

	/* So that each page counts when it is taken. */
	madvise(memory, 1L << 40, MADV_NOHUGEPAGE);
	set_oom_score("1000");
	while (shared->taken + PAGE_KIB <= most) {
		while (shared->freed < shared->held &&
		       in_use() > capacity - reserve / 2)
			usleep(100);
		memory[shared->taken << 10] = 1;
		shared->taken += PAGE_KIB;
	}
}

static void hold_and_free(long kib)
{
	char *memory = map(kib, MAP_PRIVATE);
	long at;

	for (at = 0; at < kib; at += PAGE_KIB)
		memory[at << 10] = 1;
	shared->held += kib;
	for (at = 0; at < kib; at += STEP_KIB) {
		long claimed;

		do {
			while (shared->taken + shared->held - shared->claimed <
			       capacity - reserve)
				usleep(100);
			claimed = shared->claimed;
		} while (!atomic_compare_exchange_strong(&shared->claimed,
							 &claimed,
							 claimed + STEP_KIB));
		madvise(memory + (at << 10), STEP_KIB << 10, MADV_DONTNEED);
		shared->freed += STEP_KIB;
	}
}

/* Returns what the taker had. */
static long fill(void)
{
	long half = capacity / 2, i;
	pid_t freers[MAX_FREERS], taker;

	memset(shared, 0, sizeof(*shared));
	for (i = 0; i < nr_freers; i++) {
		/* Whole steps. */
		long kib = half / nr_freers / STEP_KIB * STEP_KIB;

		freers[i] = fork();
		if (freers[i] < 0)
			fail("brim: fork");
		if (!freers[i]) {
			hold_and_free(kib);
			_exit(0);
		}
		while (shared->held < kib * (i + 1))
			usleep(1000);
	}
	taker = fork();
	if (taker < 0)
		fail("brim: fork");
	if (!taker) {
		take();
		_exit(0);
	}
	waitpid(taker, NULL, 0);
	for (i = 0; i < nr_freers; i++) {
		kill(freers[i], SIGKILL);
		waitpid(freers[i], NULL, 0);
	}
	return shared->taken;
}

int main(int argc, char **argv)
{
	long seconds = 0, least = 1L << 40, before = oom_kills();
	time_t end;
	int option;

	while ((option = getopt(argc, argv, "kp:s:")) != -1) {
		if (option == 'k')
			keep_clear = true;
		else if (option == 'p')
			clear_part = atol(optarg);
		else if (option == 's')
			seconds = atol(optarg);
		else
			optind = argc;
	}
	if (optind != argc - 1 || clear_part < 1) {
		fprintf(stderr, "usage: brim [-k] [-p PART] [-s seconds] KiB\n");
		return 2;
	}
	set_oom_score("-1000");
	shared = map(PAGE_KIB, MAP_SHARED);
	capacity = atol(argv[optind]);
	reserve = capacity / 16 > 8192 ? capacity / 16 : 8192;
	nr_freers = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	nr_freers = nr_freers < 1 ? 1 : nr_freers;
	if (nr_freers > MAX_FREERS)
		nr_freers = MAX_FREERS;
	/* Each frees a step at least. */
	if (nr_freers > capacity / 2 / STEP_KIB)
		nr_freers = capacity / 2 / STEP_KIB;

	end = time(NULL) + seconds;
	do {
		long taken = fill();

		least = taken < least ? taken : least;
	} while (time(NULL) < end);
	printf("%ld %ld\n", least, oom_kills() - before);
	return 0;
}
