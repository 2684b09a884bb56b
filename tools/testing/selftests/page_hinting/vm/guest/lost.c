// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the blocks that nobody has: aligned, of 2 MiB, all pages of it on line,
 * none of them free in the buddy allocator, nor in any use that can be told.
 * That is what a block is like while it is in flight, and for ever if it gets
 * lost. So is what the kernel has for itself, unless it was booted with page_owner=on:
 * then a block of which a page is known to be allocated is not counted.
 *
 * usage: lost
 *
 * Sources: fs/proc/page.c, include/uapi/linux/kernel-page-flags.h, mm/page_owner.c
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGES_PER_BLOCK	512

/* KPF_REFERENCED and KPF_UPTODATE: our marks, which mean nothing here. */
#define MARKS		((1ULL << 2) | (1ULL << 3))

/* The file's offset is the pfn to search from, and 0 would be the first there is. */
static bool has_owner(int owners, unsigned long pfn)
{
	unsigned long owned;
	char record[4096];
	const char *line;
	ssize_t length = pread(owners, record, sizeof(record) - 1, pfn ?: 1);

	if (length <= 0)
		return false;
	record[length] = 0;
	line = strstr(record, "\nPFN ");
	return line && sscanf(line, "\nPFN %lx", &owned) == 1 &&
	       owned >= pfn && owned < pfn + PAGES_PER_BLOCK;
}

int main(void)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	int owners = open("/sys/kernel/debug/page_owner", O_RDONLY);
	unsigned long blocks = 0, lost = 0;
	uint64_t flags[PAGES_PER_BLOCK];
	int i;

	if (fd < 0) {
		perror("lost: /proc/kpageflags");
		return 1;
	}
	while (read(fd, flags, sizeof(flags)) == sizeof(flags)) {
		for (i = 0; i < PAGES_PER_BLOCK && !(flags[i] & ~MARKS); i++)
			;
		lost += i == PAGES_PER_BLOCK &&
			!has_owner(owners, blocks * PAGES_PER_BLOCK);
		blocks++;
	}
	if (!blocks) {
		fprintf(stderr, "lost: nothing to read\n");
		return 1;
	}
	printf("%lu\n", lost);
	return 0;
}
