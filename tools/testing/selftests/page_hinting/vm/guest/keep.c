// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps memory and looks whether it stays as it was left: pieces of 128 KiB to
 * 4 MiB, each mapped, found zero, filled with a pattern of its own, looked at
 * now and then, and unmapped, in random order, so that what is kept lies
 * between what is hinted. A quarter is filled first and never let go.
 *
 * usage: keep MiB SECONDS
 *
 * Prints "@keep LOOKS" at the end, which SIGTERM brings about, too, after the
 * last look at all of it.
 * Exit status: 0; 1 if something was not as it should be.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PIECES	256

struct piece {
	uint64_t *words;	/* NULL while it is not mapped */
	size_t nr_words;
	uint64_t seed;
};

static struct piece pieces[PIECES];
static uint64_t random_state = 88172645463325252;
static unsigned long looks;
static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void)number;
	told_to_end = 1;
}

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t pattern(const struct piece *piece, size_t i)
{
	return piece->seed ^ (i * 0x9e3779b97f4a7c15);
}

static void expect(const struct piece *piece, size_t i, uint64_t value)
{
	if (piece->words[i] == value)
		return;
	printf("keep: word %zu of %zu at %p is %llx, not %llx\n", i,
	       piece->nr_words, (void *)&piece->words[i],
	       (unsigned long long)piece->words[i], (unsigned long long)value);
	exit(1);
}

static void look(const struct piece *piece)
{
	size_t i;

	for (i = 0; i < piece->nr_words; i++)
		expect(piece, i, pattern(piece, i));
	looks++;
}

static void fill(struct piece *piece, size_t bytes)
{
	size_t i;

	piece->nr_words = bytes / sizeof(*piece->words);
	piece->seed = random_number();
	piece->words = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (piece->words == MAP_FAILED) {
		perror("keep: mmap");
		exit(1);
	}
	for (i = 0; i < piece->nr_words; i++) {
		expect(piece, i, 0);
		piece->words[i] = pattern(piece, i);
	}
}

static void let_go(struct piece *piece)
{
	munmap(piece->words, piece->nr_words * sizeof(*piece->words));
	piece->words = NULL;
}

static long seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int main(int argc, char **argv)
{
	size_t mib = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, most, i;
	long seconds = argc == 3 ? atol(argv[2]) : 0, end;

	if (!mib || seconds < 1) {
		fprintf(stderr, "usage: keep MiB SECONDS\n");
		return 2;
	}
	signal(SIGTERM, on_signal);

	/* On the average what was asked for: half of them are mapped. */
	most = mib * 4 / PIECES;
	if (most < 1)
		most = 1;

	for (i = 0; i < PIECES / 4; i++)
		fill(&pieces[i], (1 + random_number() % (most * 8)) << 17);
	for (end = seconds_now() + seconds; !told_to_end && seconds_now() < end;) {
		struct piece *piece = &pieces[random_number() % PIECES];

		if (!piece->words) {
			fill(piece, (1 + random_number() % (most * 8)) << 17);
			continue;
		}
		look(piece);
		if (piece >= &pieces[PIECES / 4])
			let_go(piece);
	}
	for (i = 0; i < PIECES; i++)
		if (pieces[i].words)
			look(&pieces[i]);
	printf("\n@keep %lu\n", looks);
	return 0;
}
