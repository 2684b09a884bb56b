// SPDX-License-Identifier: GPL-2.0
/*
 * Holds memory, then frees all of it at once, and marks both moments on the
 * console for the host that watches: "@held MiB", "@free MiB".
 *
 * usage: hold MiB [munmap|exit [hold-ms [wait-ms]]]
 *
 * The memory is mapped, every page written, and freed by munmap() (default)
 * or by the end of the process that holds it. Waits hold-ms (default 1000)
 * before and wait-ms (default 3000) after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char *fill(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), offset;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("hold: mmap");
		exit(1);
	}
	for (offset = 0; offset < size; offset += page)
		memory[offset] = 1;
	return memory;
}

static void mark(const char *what, size_t mib)
{
	printf("\n@%s %zu\n", what, mib);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int by_exit = argc > 2 && !strcmp(argv[2], "exit");
	unsigned int hold_ms = argc > 3 ? atoi(argv[3]) : 1000;
	unsigned int wait_ms = argc > 4 ? atoi(argv[4]) : 3000;
	char *memory;
	int status = 0;

	if (!mib || argc > 5) {
		fprintf(stderr, "usage: hold MiB [munmap|exit [hold-ms [wait-ms]]]\n");
		return 2;
	}
	if (by_exit && fork()) {
		if (wait(&status) < 0 || status)
			return 1;
	} else {
		memory = fill(mib << 20);
		mark("held", mib);
		usleep(hold_ms * 1000);
		mark("free", mib);
		if (by_exit)
			_exit(0);
		munmap(memory, mib << 20);
	}
	usleep(wait_ms * 1000);
	return 0;
}
