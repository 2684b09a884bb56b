// SPDX-License-Identifier: GPL-2.0
/*
 * How a host process may take a guest's hinted memory back, without a guest:
 * one stream of hints, buffers of 32 MiB as page hinting makes them when
 * memory is freed in one piece, served in different ways.
 *
 * usage: handback ARM MiB [press]
 *
 * ARM	memory			who discards it, by what
 *	dontneed	private, huge pages	a thread, MADV_DONTNEED
 *	free		private, huge pages	a thread, MADV_FREE
 *	memfd		shared memfd		a thread, punches holes
 *	vhost		shared memfd		a process of its own, as a vhost-user
 *					backend would be, punches holes
 *
 * A buffer is handed over by an eventfd, and answered by one, as kick and call
 * are. With "press" a child then writes as much memory again, for which the
 * memory cgroup that we are in should have no room.
 *
 * Prints: milliseconds for all buffers, of which CPU; median and longest
 * microseconds from kick to call; MiB resident after that, and after the
 * pressure ("-" without); milliseconds to write all pages again.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define MIB		(1UL << 20)
#define BUFFER		(32 * MIB)
#define HUGE		(2 * MIB)
#define PAGE		4096UL

enum arm { DONTNEED, FREE, MEMFD, VHOST, ARMS };

static const char *const names[ARMS] = { "dontneed", "free", "memfd", "vhost" };

/* A buffer's range. */
struct hint {
	size_t offset, length;
};

static enum arm arm;
static char *memory;
static size_t size;
static int memfd = -1, kick, call;
/* Seen by the other process, too. */
static struct hint *hint;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/* What all our processes have used, once they have ended. */
static double cpu_us(void)
{
	struct rusage use;

	getrusage(RUSAGE_CHILDREN, &use);
	return now_us(CLOCK_PROCESS_CPUTIME_ID) +
	       (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
	       use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

static void discard(void)
{
	int failed;

	if (arm == DONTNEED)
		failed = madvise(memory + hint->offset, hint->length, MADV_DONTNEED);
	else if (arm == FREE)
		failed = madvise(memory + hint->offset, hint->length, MADV_FREE);
	else
		failed = fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   hint->offset, hint->length);
	if (failed)
		die("discard");
}

static void *serve(void *unused)
{
	uint64_t one = 1;

	while (read(kick, &one, sizeof(one)) == sizeof(one) && hint->length) {
		discard();
		one = 1;
		if (write(call, &one, sizeof(one)) != sizeof(one))
			die("call");
	}
	return unused;
}

static void give(size_t offset, size_t length)
{
	uint64_t one = 1;

	hint->offset = offset;
	hint->length = length;
	if (write(kick, &one, sizeof(one)) != sizeof(one))
		die("kick");
	if (length && read(call, &one, sizeof(one)) != sizeof(one))
		die("call");
}

static double touch(char *start, size_t length)
{
	double begin = now_us(CLOCK_MONOTONIC);
	size_t offset;

	for (offset = 0; offset < length; offset += PAGE)
		start[offset] = 1;
	return now_us(CLOCK_MONOTONIC) - begin;
}

static long resident_mib(void)
{
	struct stat stat;
	long pages = 0;
	FILE *statm;

	if (memfd >= 0) {
		if (fstat(memfd, &stat))
			die("memfd");
		return stat.st_blocks * 512 / MIB;
	}
	statm = fopen("/proc/self/statm", "r");
	if (!statm || fscanf(statm, "%*d %ld", &pages) != 1)
		die("/proc/self/statm");
	fclose(statm);
	return pages * PAGE / MIB;
}

static void press(void)
{
	pid_t child = fork();
	int status;
	char *more;

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		more = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (more == MAP_FAILED)
			_exit(1);
		touch(more, size);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status) {
		fprintf(stderr, "handback: the pressure was too much\n");
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

static void map_memory(void)
{
	if (arm == MEMFD || arm == VHOST) {
		memfd = memfd_create("guest", MFD_CLOEXEC);
		if (memfd < 0 || ftruncate(memfd, size))
			die("memfd");
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	} else {
		memory = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	if (memory == MAP_FAILED)
		die("mmap");
	if (memfd < 0) {
		memory = (char *)(((uintptr_t)memory + HUGE - 1) & ~(HUGE - 1));
		/* As QEMU does. */
		madvise(memory, size, MADV_HUGEPAGE);
	}
}

int main(int argc, char **argv)
{
	double begin, took, cpu, retake;
	size_t buffers, i;
	long after, pressed = -1;
	pthread_t thread;
	double *round;
	pid_t backend = 0;

	for (arm = 0; arm < ARMS && argc > 1 && strcmp(argv[1], names[arm]); arm++)
		;
	size = argc > 2 ? strtoul(argv[2], NULL, 10) * MIB / BUFFER * BUFFER : 0;
	if (argc < 3 || argc > 4 || arm == ARMS || !size) {
		fprintf(stderr, "usage: handback dontneed|free|memfd|vhost MiB [press]\n");
		return 2;
	}

	hint = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	kick = eventfd(0, EFD_CLOEXEC);
	call = eventfd(0, EFD_CLOEXEC);
	buffers = size / BUFFER;
	round = calloc(buffers, sizeof(*round));
	if (hint == MAP_FAILED || kick < 0 || call < 0 || !round)
		die("handback");
	map_memory();
	if (arm == VHOST) {
		backend = fork();
		if (!backend) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(NULL);
			_exit(0);
		}
		if (backend < 0)
			die("fork");
	} else if (pthread_create(&thread, NULL, serve, NULL)) {
		die("thread");
	}

	touch(memory, size);
	cpu = cpu_us();
	begin = now_us(CLOCK_MONOTONIC);
	for (i = 0; i < buffers; i++) {
		double start = now_us(CLOCK_MONOTONIC);

		give(i * BUFFER, BUFFER);
		round[i] = now_us(CLOCK_MONOTONIC) - start;
	}
	took = now_us(CLOCK_MONOTONIC) - begin;
	after = resident_mib();

	/* The server ends, so that its CPU time is known. */
	give(0, 0);
	if (backend)
		waitpid(backend, NULL, 0);
	else
		pthread_join(thread, NULL);
	cpu = cpu_us() - cpu;

	if (argc == 4) {
		press();
		pressed = resident_mib();
	}
	retake = touch(memory, size);

	qsort(round, buffers, sizeof(*round), by_value);
	printf("%.1f\t%.1f\t%.0f\t%.0f\t%ld\t", took / 1e3, cpu / 1e3,
	       round[buffers / 2], round[buffers - 1], after);
	if (pressed >= 0)
		printf("%ld", pressed);
	else
		printf("-");
	printf("\t%.1f\n", retake / 1e3);
	return 0;
}
