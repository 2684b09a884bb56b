// SPDX-License-Identifier: GPL-2.0
/*
 * To be preloaded into any QEMU, patched or not: how often it discards memory
 * by madvise(), how much, and how long that takes. Keeps the totals in the
 * file that MADVISE_TOTALS names: calls, bytes, microseconds, and the longest
 * call in microseconds. Starts the file at its beginning, so remove it first.
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

static int (*real)(void *addr, size_t length, int advice);
static int totals = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("MADVISE_TOTALS");

	*(void **)&real = dlsym(RTLD_NEXT, "madvise");
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
	static long calls, sum, longest;
	static size_t bytes;
	char text[128];
	int used;

	pthread_mutex_lock(&lock);
	calls++;
	bytes += length;
	sum += ns;
	if (ns > longest)
		longest = ns;
	used = snprintf(text, sizeof(text), "%ld\t%zu\t%ld\t%ld\n", calls,
			bytes, sum / 1000, longest / 1000);
	if (pwrite(totals, text, used, 0) != used)
		_exit(125);
	pthread_mutex_unlock(&lock);
}

int madvise(void *addr, size_t length, int advice)
{
	long start = now_ns();
	int result = real(addr, length, advice);

	if (totals >= 0 && (advice == MADV_DONTNEED || advice == MADV_FREE))
		count(length, now_ns() - start);
	return result;
}
