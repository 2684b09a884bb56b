// SPDX-License-Identifier: GPL-2.0
/*
 * Leaves free memory riddled with small survivors: fills memory with pages of
 * 4 KiB, then frees all but a page here and there, so that whole blocks are
 * rare, and marks the moment for the host that watches.
 *
 * usage: riddle MiB KiB [wait-ms]
 *
 * One page of every KiB survives on the average, where chance has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The same survivors every time. */
static unsigned long next_random(void)
{
	static unsigned long state = 0x9e3779b97f4a7c15UL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

int main(int argc, char **argv)
{
	size_t page = sysconf(_SC_PAGESIZE), size, one_in, offset, begin = 0;
	char *memory;

	if (argc < 3 || argc > 4 || atol(argv[1]) < 1 || atol(argv[2]) < 8) {
		fprintf(stderr, "usage: riddle MiB KiB [wait-ms]\n");
		return 1;
	}
	size = (size_t)atol(argv[1]) << 20;
	one_in = ((size_t)atol(argv[2]) << 10) / page;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("riddle: mmap");
		return 1;
	}
	madvise(memory, size, MADV_NOHUGEPAGE);
	for (offset = 0; offset < size; offset += page)
		memory[offset] = 1;

	printf("\n@held %s\n\n@free %s\n", argv[1], argv[1]);
	fflush(stdout);
	/* All between two survivors at once: each hole is a range to unmap. */
	for (offset = 0; offset < size; offset += page) {
		if (next_random() % one_in)
			continue;
		if (offset > begin)
			madvise(memory + begin, offset - begin, MADV_DONTNEED);
		begin = offset + page;
	}
	if (size > begin)
		madvise(memory + begin, size - begin, MADV_DONTNEED);
	usleep(argc > 3 ? atol(argv[3]) * 1000 : 3000000);
	return 0;
}
