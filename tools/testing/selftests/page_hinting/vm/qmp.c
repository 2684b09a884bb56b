// SPDX-License-Identifier: GPL-2.0
/*
 * Talks QMP to a running QEMU: connects, shakes hands, sends the commands one
 * by one and prints what comes back, events included.
 *
 * usage: qmp [-t seconds] SOCKET ARGUMENT...
 *	  qmp -r seconds SOCKET
 *
 * An argument that starts with "{" is a command in JSON, and its reply is
 * waited for; any other is the name of an event, which is waited for unless
 * it has come since the last command. All together may take -t seconds
 * (default 30), a socket that isn't there yet included.
 *
 * -r measures how long QEMU's main loop lets others wait: round trips of
 * query-status, one a millisecond for so many seconds. Prints how many there
 * were, and the median and the longest in microseconds.
 *
 * Exit status: 0; 1 if QEMU answered with an error; 124 if the time was over;
 * 126 if there is nobody to talk to.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_US	50000
#define PERIOD_US	1000

static int qemu = -1;
static bool quiet;
static long deadline_ms;

static char message[65536];	/* what has come, and then its first line */
static size_t used, taken;

static char events[4096];	/* since the last command */

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static long now_ms(void)
{
	return now_us() / 1000;
}

static void connect_or_die(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "qmp: %s: too long for a socket\n", path);
		exit(126);
	}
	strcpy(address.sun_path, path);
	for (;;) {
		qemu = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (qemu < 0) {
			perror("qmp: socket");
			exit(126);
		}
		if (!connect(qemu, (struct sockaddr *)&address, sizeof(address)))
			return;
		if (now_ms() > deadline_ms) {
			fprintf(stderr, "qmp: %s: %s\n", path, strerror(errno));
			exit(126);
		}
		close(qemu);
		usleep(RETRY_US);
	}
}

/* Returns the next line, valid until the next call. */
static char *next_line(void)
{
	memmove(message, message + taken, used - taken);
	used -= taken;
	taken = 0;
	for (;;) {
		char *end = memchr(message, '\n', used);
		struct pollfd ready = { .fd = qemu, .events = POLLIN };
		long left = deadline_ms - now_ms();
		ssize_t length;

		if (end) {
			*end = 0;
			taken = end + 1 - message;
			if (!quiet)
				puts(message);
			return message;
		}
		if (left < 0 || used == sizeof(message)) {
			fprintf(stderr, "qmp: no answer in time\n");
			exit(124);
		}
		if (poll(&ready, 1, left) <= 0)
			continue;
		length = read(qemu, message + used, sizeof(message) - used);
		if (length <= 0) {
			fprintf(stderr, "qmp: QEMU has gone\n");
			exit(126);
		}
		used += length;
	}
}

static bool starts_with(const char *text, const char *what)
{
	return !strncmp(text, what, strlen(what));
}

/* Notes "NAME " if the line is an event. */
static bool is_event(const char *line)
{
	const char *name = strstr(line, "\"event\": \"");
	size_t length, noted = strlen(events);

	if (!starts_with(line, "{\"timestamp\"") || !name)
		return false;
	name += strlen("\"event\": \"");
	length = strcspn(name, "\"");
	if (noted + length + 2 < sizeof(events))
		sprintf(events + noted, "%.*s ", (int)length, name);
	return true;
}

static void command(const char *text)
{
	size_t length = strlen(text);
	char *line;

	events[0] = 0;
	if (write(qemu, text, length) != (ssize_t)length ||
	    write(qemu, "\n", 1) != 1) {
		perror("qmp: write");
		exit(126);
	}
	do {
		line = next_line();
		if (starts_with(line, "{\"error\"")) {
			fprintf(stderr, "qmp: refused: %s\n", text);
			exit(1);
		}
		is_event(line);
	} while (!starts_with(line, "{\"return\""));
}

static void wait_for_event(const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), "%.62s ", name);
	while (!starts_with(events, word)) {
		char *next = strchr(events, ' ');

		if (next)
			memmove(events, next + 1, strlen(next + 1) + 1);
		else
			is_event(next_line());
	}
	/* The next one of that name is another. */
	memmove(events, events + strlen(word), strlen(events + strlen(word)) + 1);
}

static int by_value(const void *a, const void *b)
{
	long first = *(const long *)a, second = *(const long *)b;

	return first < second ? -1 : first > second;
}

static void round_trips(long seconds)
{
	size_t most = seconds * (1000000 / PERIOD_US), n;
	long *trips = malloc(most * sizeof(*trips));
	long end = now_us() + seconds * 1000000;

	if (!trips) {
		perror("qmp");
		exit(126);
	}
	for (n = 0; n < most && now_us() < end; n++) {
		long begin = now_us();

		command("{\"execute\": \"query-status\"}");
		trips[n] = now_us() - begin;
		if (trips[n] < PERIOD_US)
			usleep(PERIOD_US - trips[n]);
	}
	qsort(trips, n, sizeof(*trips), by_value);
	printf("%zu\t%ld\t%ld\n", n, trips[n / 2], trips[n - 1]);
	free(trips);
}

int main(int argc, char **argv)
{
	long seconds = 30, measure_s = 0;
	int option;

	while ((option = getopt(argc, argv, "+t:r:")) != -1) {
		if (option == 't')
			seconds = atol(optarg);
		else if (option == 'r')
			measure_s = seconds = atol(optarg);
		else
			seconds = 0;
	}
	if (seconds < 1 || argc - optind < (measure_s ? 1 : 2)) {
		fprintf(stderr, "usage: qmp [-t seconds] SOCKET COMMAND|EVENT...\n"
				"       qmp -r seconds SOCKET\n");
		return 126;
	}
	/* Not longer than the test that started us. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* To wait for the socket, and for an answer, besides what is measured. */
	deadline_ms = now_ms() + seconds * 1000 + (measure_s ? 30000 : 0);
	quiet = measure_s;
	connect_or_die(argv[optind++]);

	if (!starts_with(next_line(), "{\"QMP\"")) {
		fprintf(stderr, "qmp: that's not QMP\n");
		return 126;
	}
	command("{\"execute\": \"qmp_capabilities\"}");
	if (measure_s)
		round_trips(measure_s);
	for (; optind < argc; optind++) {
		if (argv[optind][0] == '{')
			command(argv[optind]);
		else
			wait_for_event(argv[optind]);
	}
	return 0;
}
