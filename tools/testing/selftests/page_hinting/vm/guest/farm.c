// SPDX-License-Identifier: GPL-2.0
/*
 * A farm of containers that come and go: a job that fragments memory. As many run at
 * a time as a third of the memory is enough for; as many come in all as fill it some
 * three times.
 *
 * A container allocates regions of 8 KiB to 2 MiB, writes to all of them, frees half
 * of them in pieces as a browser's allocator does, forks children that write to a
 * part of what is left, and writes and removes small files. One in eight files stays
 * until the end.
 *
 * usage: farm MiB	in a directory where it can write
 *
 * The same work each time, but for how it interleaves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE		4096UL
#define MIB		(1UL << 20)
#define CONTAINER	(24 * MIB)	/* the mean of what one allocates */
#define REGIONS		1024
#define FILES		16
#define CHILDREN	3

static unsigned long state;

static unsigned long next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "farm: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void file_name(char *name, size_t size, unsigned int container, int file)
{
	snprintf(name, size, "farm-%u-%d", container, file);
}

static void write_files(unsigned int container)
{
	static char bytes[64 * 1024];
	char name[64];
	int file, fd;

	for (file = 0; file < FILES; file++) {
		file_name(name, sizeof(name), container, file);
		fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
		if (fd < 0 || write(fd, bytes, 1 + next_random() % sizeof(bytes)) < 0)
			fail(name);
		close(fd);
	}
	for (file = 0; file < FILES; file++) {
		file_name(name, sizeof(name), container, file);
		if (file % 8 && unlink(name))
			fail(name);
	}
}

static void touch(char *begin, size_t size)
{
	size_t offset;

	for (offset = 0; offset < size; offset += PAGE)
		begin[offset] = 1;
}

static void contain(unsigned int container)
{
	static struct region {
		char *begin;
		size_t size;
	} regions[REGIONS];
	size_t total = CONTAINER / 2 + next_random() % CONTAINER, size, offset;
	int nr, i, child, status;

	for (nr = 0; nr < REGIONS && total; nr++) {
		size = PAGE * (2 + next_random() % (next_random() % 512 + 1));
		size = size < total ? size : total;
		regions[nr].begin = mmap(NULL, size, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (regions[nr].begin == MAP_FAILED)
			fail("mmap");
		regions[nr].size = size;
		touch(regions[nr].begin, size);
		total -= size;
	}
	for (i = 0; i < nr; i++) {
		for (offset = 0; offset < regions[i].size; offset += 8 * PAGE) {
			size = regions[i].size - offset;
			if (next_random() % 2)
				madvise(regions[i].begin + offset,
					size < 8 * PAGE ? size : 8 * PAGE, MADV_DONTNEED);
		}
	}
	for (child = 0; child < CHILDREN; child++) {
		switch (fork()) {
		case -1:
			fail("fork");
		case 0:
			for (i = child; i < nr; i += 4)
				touch(regions[i].begin, regions[i].size);
			write_files(container * CHILDREN + child);
			_exit(0);
		}
	}
	while (wait(&status) > 0) {
		if (status)
			_exit(1);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned long mib = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned int at_once = mib * MIB / 3 / CONTAINER, nr = 10 * at_once, i, running = 0;
	int file, status;
	char name[64];

	if (!at_once) {
		fprintf(stderr, "usage: farm MiB (at least 72)\n");
		return 1;
	}
	for (i = 0; i < nr || running; ) {
		if (i < nr && running < at_once) {
			state = 0x9e3779b97f4a7c15UL ^ (i + 1) * 0xbf58476d1ce4e5b9UL;
			switch (fork()) {
			case -1:
				fail("fork");
			case 0:
				contain(i);
			}
			running++;
			i++;
			continue;
		}
		if (wait(&status) < 0)
			fail("wait");
		if (status) {
			fprintf(stderr, "farm: a container failed\n");
			return 1;
		}
		running--;
	}
	for (i = 0; i < nr * CHILDREN; i++) {
		for (file = 0; file < FILES; file += 8) {
			file_name(name, sizeof(name), i, file);
			unlink(name);
		}
	}
	return 0;
}
