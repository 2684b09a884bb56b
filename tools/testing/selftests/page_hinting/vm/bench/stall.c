// SPDX-License-Identifier: GPL-2.0
/*
 * Does a fixed piece of work every 100 us, and notes how late and how long it
 * was at worst, while a process beside it frees memory.
 *
 * usage: stall MiB [wait-ms]
 *
 * Marks the beginning of either with "@quiet MiB" and "@free MiB". Then
 * prints "@stall QUIET FREEING", the largest time in milliseconds from when a
 * piece was due to its end: in a second before, and from the moment that the
 * memory is freed until wait-ms later (default 3000).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS	100000
#define PIECE		2000

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static double largest_stall(long ms)
{
	long due = now_ns(), end = due + ms * 1000000, largest = 0;

	while (due < end) {
		struct timespec until = {
			.tv_sec = due / 1000000000L,
			.tv_nsec = due % 1000000000L,
		};
		volatile unsigned int work;
		long late;

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		for (work = 0; work < PIECE; work++)
			;
		late = now_ns() - due;
		if (late > largest)
			largest = late;
		/* What was missed is not made up for. */
		due += PERIOD_NS;
		if (late > PERIOD_NS)
			due = now_ns() + PERIOD_NS;
	}
	return largest / 1e6;
}

static int hold_until_told(size_t size, int tell, int told)
{
	size_t page = sysconf(_SC_PAGESIZE), offset;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte = 0;

	if (memory == MAP_FAILED)
		return 1;
	for (offset = 0; offset < size; offset += page)
		memory[offset] = 1;
	if (write(tell, &byte, 1) != 1 || read(told, &byte, 1) != 1)
		return 1;
	munmap(memory, size);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	long wait_ms = argc > 2 ? atol(argv[2]) : 3000;
	int ready[2], go[2];
	double quiet, freeing;
	char byte = 0;
	pid_t holder;

	if (!mib || wait_ms < 1 || argc > 3) {
		fprintf(stderr, "usage: stall MiB [wait-ms]\n");
		return 1;
	}
	if (pipe(ready) || pipe(go)) {
		perror("stall");
		return 1;
	}
	holder = fork();
	if (!holder)
		_exit(hold_until_told(mib << 20, ready[1], go[0]));
	close(ready[1]);
	if (holder < 0 || read(ready[0], &byte, 1) != 1) {
		fprintf(stderr, "stall: can't hold %zu MiB\n", mib);
		return 1;
	}

	printf("\n@quiet %zu\n", mib);
	fflush(stdout);
	quiet = largest_stall(1000);
	printf("\n@free %zu\n", mib);
	fflush(stdout);
	if (write(go[1], &byte, 1) != 1)
		return 1;
	freeing = largest_stall(wait_ms);
	printf("\n@stall %.3f %.3f\n", quiet, freeing);
	kill(holder, SIGKILL);
	wait(NULL);
	return 0;
}
