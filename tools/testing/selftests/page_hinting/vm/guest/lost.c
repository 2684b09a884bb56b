// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the blocks that nobody has: aligned, of 2 MiB, all pages of it on line,
 * none of them free in the buddy allocator, nor in any use that can be told.
 * That is what a block is like while it is in flight, and for ever if it gets
 * lost.
 *
 * usage: lost
 *
 * Sources: fs/proc/page.c, include/uapi/linux/kernel-page-flags.h
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define PAGES_PER_BLOCK	512

/* KPF_REFERENCED and KPF_UPTODATE: our marks, which mean nothing here. */
#define MARKS		((1ULL << 2) | (1ULL << 3))

int main(void)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
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
		blocks++;
		lost += i == PAGES_PER_BLOCK;
	}
	if (!blocks) {
		fprintf(stderr, "lost: nothing to read\n");
		return 1;
	}
	printf("%lu\n", lost);
	return 0;
}
