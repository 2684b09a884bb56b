// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a QEMU and watches it from the host: every 10 ms the resident memory
 * of its process, from the host kernel's own count in /proc/PID/statm. The
 * guest can mark moments by console lines that start with "@"; what it says
 * in them is noted, never believed.
 *
 * usage: vmrun [-1r] [-l MiB] [-s samples.tsv] [-c console.log] [-t seconds] -- QEMU...
 *
 *	-l	show the memory live on a scale of so many MiB: one line that
 *		changes on a terminal, else a line every two seconds
 *	-s	write samples: milliseconds, KiB resident, "@..." line or "-",
 *		then what QEMU has done since its start: KiB discarded, discards
 *		(both only with "-trace ram_block_discard_range"), milliseconds
 *		of CPU time, minor faults, milliseconds of the CPU time that
 *		were the host kernel's
 *	-r	also, at most twice a second, the KiB resident of the guest's RAM
 *		alone, QEMU's largest mapping, and those of them in huge pages
 *	-c	write the console; without it the console goes to stdout
 *	-t	kill it after so many seconds (default 600)
 *	-1	one attempt only, see below
 *
 * QEMU 7.2's TCG with a thread a CPU can go on executing a breakpoint that the
 * guest's text patching has replaced already; the guest then dies of an "Oops:
 * int3" in whatever has the static branch, mostly at boot. Nothing but text
 * patching puts an int3 into a kernel, so this says nothing about the guest:
 * such a run is begun again, ATTEMPTS in all, and stderr says so. Not with -1,
 * for whoever acts on the guest from outside has to begin again, too.
 *
 * Exit status: the guest's from its "@exit N"; 75 if the last attempt ended
 * with a stale breakpoint; 124 if the time was over;
 * 125 if QEMU ended without that line, as after a panic; 126 if it could not
 * be started or watched; 130 after Ctrl-C.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_MS	10
#define RAM_MS		500
#define LIVE_MS		250
#define LIVE_MS_NO_TTY	2000
#define BAR_WIDTH	40
#define ATTEMPTS	6

/* A QEMU that runs. */
struct guest {
	pid_t pid;
	int console;		/* its stdout */
	int log;		/* its stderr */
	int statm, stat;	/* in /proc */
};

/* A line that is being read. */
struct line {
	char text[512];
	size_t used;
};

static FILE *samples, *console;
static long discarded_kib, discards;
static long live_ms;		/* between two live lines, 0 for none */
static long full_kib;		/* the live bar's scale */
static bool ram_wanted;
static long ram_kib, ram_huge_kib;
static bool stale_breakpoint;
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

static long resident_kib(int statm)
{
	char text[128];
	ssize_t length = pread(statm, text, sizeof(text) - 1, 0);
	long pages;

	if (length <= 0)
		return -1;
	text[length] = 0;
	if (sscanf(text, "%*s %ld", &pages) != 1)
		return -1;
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Of the largest mapping in smaps, see proc(5). */
static void look_at_ram(pid_t pid)
{
	long size = 0, resident = 0, huge = 0, largest = 0;
	char path[64], text[512];
	FILE *smaps;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	smaps = fopen(path, "re");
	if (!smaps)
		return;
	while (fgets(text, sizeof(text), smaps)) {
		sscanf(text, "Size: %ld", &size);
		sscanf(text, "Rss: %ld", &resident);
		if (sscanf(text, "AnonHugePages: %ld", &huge) != 1 || size <= largest)
			continue;
		largest = size;
		ram_kib = resident;
		ram_huge_kib = huge;
	}
	fclose(smaps);
}

static void note(const struct guest *guest, long ms, long kib, const char *event)
{
	unsigned long faults = 0, user = 0, kernel = 0;
	char text[512], *fields;
	ssize_t length;

	if (!samples)
		return;
	length = pread(guest->stat, text, sizeof(text) - 1, 0);
	text[length > 0 ? length : 0] = 0;
	/* The name may have spaces in it. See proc(5) for the fields. */
	fields = strrchr(text, ')');
	if (fields)
		sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %lu %*u %*u %*u %lu %lu",
		       &faults, &user, &kernel);
	fprintf(samples, "%ld\t%ld\t%s\t%ld\t%ld\t%ld\t%lu\t%ld", ms, kib,
		event, discarded_kib, discards,
		(long)((user + kernel) * 1000 / sysconf(_SC_CLK_TCK)), faults,
		(long)(kernel * 1000 / sysconf(_SC_CLK_TCK)));
	if (ram_wanted)
		fprintf(samples, "\t%ld\t%ld", ram_kib, ram_huge_kib);
	fputc('\n', samples);
}

static void show(long ms, long kib, const char *event)
{
	int filled, i;

	filled = kib < full_kib ? kib * BAR_WIDTH / full_kib : BAR_WIDTH;
	printf("%6.1f s  host holds %6ld MiB [", ms / 1000.0, kib / 1024);
	for (i = 0; i < BAR_WIDTH; i++)
		putchar(i < filled ? '#' : ' ');
	printf("] %-24.24s%c", event, live_ms == LIVE_MS ? '\r' : '\n');
	fflush(stdout);
}

/* Returns true when the byte ends a line. */
static bool line_ends(struct line *line, char byte)
{
	if (byte == '\n' || byte == '\r') {
		line->text[line->used] = 0;
		line->used = 0;
		return true;
	}
	if (line->used < sizeof(line->text) - 1)
		line->text[line->used++] = byte;
	return false;
}

/* What QEMU itself says: "ram_block_discard_range pc.ram@0x... + 0x..." */
static void log_line(const char *text)
{
	unsigned long long length;
	char *plus;

	if (strstr(text, "ram_block_discard_range ")) {
		plus = strstr(text, " + 0x");
		if (plus && sscanf(plus, " + %llx", &length) == 1) {
			discarded_kib += length / 1024;
			discards++;
		}
	} else if (text[0]) {
		fprintf(console, "%s\n", text);
	}
}

/* Returns false at its end. */
static bool read_log(int log, struct line *line)
{
	char bytes[4096];
	ssize_t length = read(log, bytes, sizeof(bytes)), i;

	for (i = 0; i < length; i++)
		if (line_ends(line, bytes[i]))
			log_line(line->text);
	return length > 0;
}

static bool start(char **command, struct guest *guest)
{
	pid_t parent = getpid();
	int out[2], err[2], null;

	if (pipe2(out, O_CLOEXEC))
		return false;
	if (pipe2(err, O_CLOEXEC))
		return false;
	guest->pid = fork();
	if (guest->pid < 0)
		return false;
	if (!guest->pid) {
		/* No QEMU survives us, however we end. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execvp(command[0], command);
		fprintf(stderr, "vmrun: %s: %s\n", command[0], strerror(errno));
		_exit(126);
	}
	close(out[1]);
	close(err[1]);
	guest->console = out[0];
	guest->log = err[0];
	return true;
}

static int open_proc(pid_t pid, const char *name)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		perror(path);
	return file;
}

/* Returns the exit status, see above. */
static int watch(const struct guest *guest, long limit_ms)
{
	struct itimerspec every = {
		.it_interval.tv_nsec = SAMPLE_MS * 1000000L,
		.it_value.tv_nsec = SAMPLE_MS * 1000000L,
	};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct pollfd ready[3] = {
		{ .fd = timer, .events = POLLIN },
		{ .fd = guest->log, .events = POLLIN },
		{ .fd = guest->console, .events = POLLIN },
	};
	long begin = now_ms(), shown = -live_ms, looked = -RAM_MS, kib = 0, ms = 0;
	struct line from_log = {}, from_console = {};
	char bytes[4096], event[512] = "";
	int code = 125;

	timerfd_settime(timer, 0, &every, NULL);
	while (!interrupted) {
		ssize_t length, i;
		uint64_t ticks;

		if (poll(ready, 3, -1) < 0)
			continue;
		ms = now_ms() - begin;

		/* First what has been done, then when it was. */
		if (ready[1].revents && !read_log(guest->log, &from_log))
			ready[1].fd = -1;

		if (ready[0].revents & POLLIN) {
			if (read(timer, &ticks, sizeof(ticks)) < 0)
				continue;
			length = resident_kib(guest->statm);
			kib = length > 0 ? length : kib;
			if (ram_wanted && ms - looked >= RAM_MS) {
				look_at_ram(guest->pid);
				looked = ms;
			}
			note(guest, ms, kib, "-");
			if (live_ms && ms - shown >= live_ms) {
				show(ms, kib, event);
				shown = ms;
			}
			if (ms > limit_ms) {
				fprintf(stderr, "vmrun: no end after %ld s\n",
					limit_ms / 1000);
				code = 124;
				break;
			}
		}

		if (!ready[2].revents)
			continue;
		length = read(guest->console, bytes, sizeof(bytes));
		if (length <= 0)
			break;
		fwrite(bytes, length, 1, console);
		fflush(console);
		for (i = 0; i < length; i++) {
			if (!line_ends(&from_console, bytes[i]))
				continue;
			if (strstr(from_console.text, "Oops: int3"))
				stale_breakpoint = true;
			if (from_console.text[0] != '@')
				continue;
			strcpy(event, from_console.text + 1);
			note(guest, ms, resident_kib(guest->statm),
			     from_console.text);
			sscanf(event, "exit %d", &code);
		}
	}
	/* What it died of. */
	fcntl(guest->log, F_SETFL, O_NONBLOCK);
	while (read_log(guest->log, &from_log))
		;
	if (live_ms == LIVE_MS)
		putchar('\n');
	if (interrupted)
		code = 130;
	close(timer);
	return code;
}

/* Returns the exit status, see above. */
static int run(char **command, long limit_ms)
{
	struct guest guest;
	int code = 126;

	discarded_kib = 0;
	discards = 0;
	if (!start(command, &guest)) {
		perror("vmrun");
		return code;
	}
	guest.statm = open_proc(guest.pid, "statm");
	guest.stat = open_proc(guest.pid, "stat");
	if (guest.statm >= 0 && guest.stat >= 0)
		code = watch(&guest, limit_ms);

	kill(guest.pid, SIGKILL);
	waitpid(guest.pid, NULL, 0);
	close(guest.statm);
	close(guest.stat);
	close(guest.console);
	close(guest.log);
	return code;
}

static FILE *create(const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file) {
		fprintf(stderr, "vmrun: %s: %s\n", name, strerror(errno));
		exit(126);
	}
	return file;
}

static void empty(FILE *file)
{
	rewind(file);
	if (ftruncate(fileno(file), 0))
		perror("vmrun");
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	long limit_ms = 600 * 1000;
	int option, attempt, attempts = ATTEMPTS, code;

	console = stdout;
	while ((option = getopt(argc, argv, "+1rl:s:c:t:")) != -1) {
		switch (option) {
		case '1':
			attempts = 1;
			break;
		case 'r':
			ram_wanted = true;
			break;
		case 'l':
			full_kib = atol(optarg) * 1024;
			live_ms = isatty(1) ? LIVE_MS : LIVE_MS_NO_TTY;
			break;
		case 's':
			samples = create(optarg);
			break;
		case 'c':
			console = create(optarg);
			break;
		case 't':
			limit_ms = atol(optarg) * 1000;
			if (limit_ms > 0)
				break;
			/* fall through */
		default:
			fprintf(stderr, "usage: vmrun [-1r] [-l MiB] [-s samples.tsv] [-c console.log] [-t seconds] -- QEMU...\n");
			return 126;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "vmrun: what shall I run?\n");
		return 126;
	}

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);

	/* Whoever started us may be killed alone; then nobody wants the run. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);

	for (attempt = 1; ; attempt++) {
		code = run(argv + optind, limit_ms);
		if (!stale_breakpoint || interrupted)
			break;
		fprintf(stderr, "vmrun: attempt %d: the emulator executed a stale breakpoint\n",
			attempt);
		if (attempt == attempts) {
			code = 75;
			break;
		}
		stale_breakpoint = false;
		if (samples)
			empty(samples);
		if (console != stdout)
			empty(console);
	}

	if ((samples && fclose(samples)) ||
	    (console != stdout && fclose(console))) {
		perror("vmrun: writing the results");
		return 126;
	}
	return code;
}
