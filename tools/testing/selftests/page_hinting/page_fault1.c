// SPDX-License-Identifier: GPL-2.0
/*
 * page_fault1, after the will-it-scale benchmark's description: each task
 * maps 128 MiB of anonymous memory, touches every page, unmaps it, and again.
 *
 * usage: page_fault1 [-t threads | -p processes] [-s seconds | -n rounds]
 *		      [-m MiB] [-h always|never]
 *
 * Prints one line: tasks, faults and faults a second, from a second after the
 * beginning on, when every task has its memory from the host; will-it-scale
 * warms up, too. With -n each task does that many rounds and then ends, so that
 * a run's instructions can be counted; -h advises for or against huge pages.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_TASKS 64
#define WARM_UP_S 1

/* In shared memory, a cache line a task. */
struct task {
	atomic_ulong faults;
	char padding[64 - sizeof(atomic_ulong)];
};

static struct task *tasks;
static atomic_bool *stop;
static size_t size = 128UL << 20;
static unsigned long rounds;
static int advice = -1;

static void *work(void *argument)
{
	struct task *task = argument;
	size_t page = sysconf(_SC_PAGESIZE), offset;
	unsigned long round, faults = 0;

	for (round = 0; !atomic_load(stop) && (!rounds || round < rounds); round++) {
		char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED) {
			perror("page_fault1: mmap");
			exit(1);
		}
		if (advice >= 0)
			madvise(memory, size, advice);
		for (offset = 0; offset < size; offset += page) {
			memory[offset] = 1;
			atomic_store_explicit(&task->faults, ++faults,
					      memory_order_relaxed);
		}
		munmap(memory, size);
	}
	return NULL;
}

static unsigned long faults_of_all(unsigned long nr)
{
	unsigned long sum = 0, i;

	for (i = 0; i < nr; i++)
		sum += atomic_load(&tasks[i].faults);
	return sum;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void usage(void)
{
	fprintf(stderr,
		"page_fault1: [-t threads | -p processes] [-s seconds | -n rounds]\n"
		"             [-m MiB] [-h always|never]\n");
	exit(2);
}

static unsigned long positive(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > most)
		usage();
	return value;
}

int main(int argc, char **argv)
{
	unsigned long seconds = 10, nr = 1, faults = 0, before, i;
	pthread_t threads[MAX_TASKS];
	bool processes = false;
	double begin, taken = 0;
	int option;

	while ((option = getopt(argc, argv, "t:p:s:n:m:h:")) != -1) {
		switch (option) {
		case 'p':
			processes = true;
			nr = positive(optarg, MAX_TASKS);
			break;
		case 't':
			nr = positive(optarg, MAX_TASKS);
			break;
		case 's':
			seconds = positive(optarg, 1000000);
			break;
		case 'n':
			rounds = positive(optarg, 1000000);
			break;
		case 'm':
			size = positive(optarg, 1UL << 20) << 20;
			break;
		case 'h':
			if (!strcmp(optarg, "always"))
				advice = MADV_HUGEPAGE;
			else if (!strcmp(optarg, "never"))
				advice = MADV_NOHUGEPAGE;
			else
				usage();
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();

	tasks = mmap(NULL, sizeof(*tasks) * (MAX_TASKS + 1),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tasks == MAP_FAILED) {
		perror("page_fault1: mmap");
		return 1;
	}
	stop = (atomic_bool *)&tasks[MAX_TASKS];

	begin = seconds_now();
	for (i = 0; i < nr; i++) {
		if (!processes) {
			if (pthread_create(&threads[i], NULL, work, &tasks[i])) {
				fprintf(stderr, "page_fault1: no thread\n");
				return 1;
			}
			continue;
		}
		switch (fork()) {
		case -1:
			perror("page_fault1: fork");
			atomic_store(stop, true);
			return 1;
		case 0:
			work(&tasks[i]);
			_exit(0);
		}
	}
	if (!rounds) {
		sleep(WARM_UP_S);
		before = faults_of_all(nr);
		begin = seconds_now();
		sleep(seconds);
		faults = faults_of_all(nr) - before;
		taken = seconds_now() - begin;
		atomic_store(stop, true);
	}
	for (i = 0; i < nr; i++) {
		int status = 0;

		if (!processes)
			pthread_join(threads[i], NULL);
		else if (wait(&status) < 0 || status)
			return 1;
	}
	if (rounds) {
		faults = faults_of_all(nr);
		taken = seconds_now() - begin;
	}
	printf("page_fault1: %lu %s, %lu faults, %.0f a second\n", nr,
	       processes ? "processes" : "threads", faults, faults / taken);
	return 0;
}
