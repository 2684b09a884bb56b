// SPDX-License-Identifier: GPL-2.0
/*
 * Allocates, touches and frees memory in a loop, with a pause after each, as
 * builds and sandboxes do; then frees all and stays for a while.
 *
 * usage: churn MiB pause-ms seconds [quiet-ms [huge-pages]]
 *
 *	huge-pages	always or never, for MADV_HUGEPAGE and its opposite; by
 *			default as the guest is configured
 *
 * Writes for a harness on the console, see vmrun.c: "@churn", "@steady"
 * after SETTLING_S, "@churned CYCLES MS MS", the cycles since then, and their
 * mean milliseconds for mapping and touching, and for all of it; "@held" when
 * memory was taken one last time, "@quiet" when it was freed, and "@end".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Whoever learns gets this long for it. */
#define SETTLING_S	3

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static char *allocate(size_t size, const char *huge)
{
	size_t page = sysconf(_SC_PAGESIZE), offset;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("churn: mmap");
		exit(1);
	}
	if (*huge)
		madvise(memory, size, strcmp(huge, "never") ? MADV_HUGEPAGE :
							      MADV_NOHUGEPAGE);
	for (offset = 0; offset < size; offset += page)
		*(volatile char *)(memory + offset) = 1;
	return memory;
}

int main(int argc, char **argv)
{
	double begin = now_s(), settled = 0, seconds, spent = 0;
	long pause_ms, quiet_ms, cycles = 0;
	const char *huge;
	size_t size;
	char *memory;

	if (argc < 4 || argc > 6 || atol(argv[1]) < 1 || atof(argv[3]) <= 0) {
		fprintf(stderr, "usage: churn MiB pause-ms seconds [quiet-ms [huge-pages]]\n");
		return 1;
	}
	size = (size_t)atol(argv[1]) << 20;
	pause_ms = atol(argv[2]);
	seconds = atof(argv[3]);
	quiet_ms = argc > 4 ? atol(argv[4]) : 0;
	huge = argc > 5 ? argv[5] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("\n@churn\n");
	for (;;) {
		double from = now_s();

		memory = allocate(size, huge);
		if (settled) {
			cycles++;
			spent += now_s() - from;
		}
		munmap(memory, size);
		usleep(pause_ms * 1000);
		if (settled) {
			if (now_s() - begin >= seconds)
				break;
		} else if (now_s() - begin >= SETTLING_S) {
			settled = now_s();
			printf("\n@steady\n");
		}
	}
	printf("\n@churned %ld %.3f %.3f\n", cycles, spent / cycles * 1000,
	       (now_s() - settled) / cycles * 1000);
	memory = allocate(size, huge);
	printf("\n@held\n");
	munmap(memory, size);
	printf("\n@quiet\n");
	usleep(quiet_ms * 1000);
	printf("\n@end\n");
	return 0;
}
