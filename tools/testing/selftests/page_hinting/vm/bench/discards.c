// SPDX-License-Identifier: GPL-2.0
/*
 * To be preloaded into any QEMU, patched or not: how often it discards memory,
 * by madvise() or, of a memfd, by a hole that fallocate() punches and then
 * madvise(); how much, and how long that takes. Keeps the totals in the file
 * that DISCARD_TOTALS names: calls, bytes, microseconds, of which microseconds
 * in the main thread, and the longest call in microseconds. Starts the file at
 * its beginning, so remove it first.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real_madvise)(void *addr, size_t length, int advice);
static int (*real_fallocate)(int fd, int mode, off_t offset, off_t length);
static int totals = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("DISCARD_TOTALS");

	*(void **)&real_madvise = dlsym(RTLD_NEXT, "madvise");
	*(void **)&real_fallocate = dlsym(RTLD_NEXT, "fallocate");
	if (name)
		totals = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void count(size_t length, long ns)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static long calls, sum, main_sum, longest;
	static size_t bytes;
	char text[128];
	int used;

	pthread_mutex_lock(&lock);
	calls++;
	bytes += length;
	sum += ns;
	if (gettid() == getpid())
		main_sum += ns;
	if (ns > longest)
		longest = ns;
	used = snprintf(text, sizeof(text), "%ld\t%zu\t%ld\t%ld\t%ld\n",
			calls, bytes, sum / 1000, main_sum / 1000, longest / 1000);
	if (pwrite(totals, text, used, 0) != used)
		_exit(125);
	pthread_mutex_unlock(&lock);
}

int madvise(void *addr, size_t length, int advice)
{
	long start = now_ns();
	int result = real_madvise(addr, length, advice);

	if (totals >= 0 && (advice == MADV_DONTNEED || advice == MADV_FREE))
		count(length, now_ns() - start);
	return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
	long start = now_ns();
	int result = real_fallocate(fd, mode, offset, length);

	/* The bytes are the madvise()'s that follows. */
	if (totals >= 0 && (mode & FALLOC_FL_PUNCH_HOLE))
		count(0, now_ns() - start);
	return result;
}

/* What a QEMU with large files calls. */
int fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
	return fallocate(fd, mode, offset, length);
}
