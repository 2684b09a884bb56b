// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a host slow: stops the main loop of a QEMU, where it answers for the
 * balloon, and nothing else of it; the guest's CPUs run on.
 *
 * usage: slow PIDFILE stop-ms run-ms
 *
 * Waits for a QEMU to write the file (-pidfile), stops its first thread for
 * stop-ms, lets it run for run-ms, and so on, also with the next one that
 * writes the file, until it is ended itself; then QEMU runs on, too.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns 0 if there is none. */
static pid_t read_pid(const char *name)
{
	FILE *file = fopen(name, "r");
	int pid = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

/* Stops the thread for a while; false if it has ended. */
static bool stop_for(pid_t pid, long ms)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
	    waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return false;
	usleep(ms * 1000);
	/* A signal that came first is passed on; the stop comes next time. */
	return !ptrace(PTRACE_CONT, pid, NULL,
		       status >> 16 == PTRACE_EVENT_STOP ? 0L :
		       (long)WSTOPSIG(status));
}

int main(int argc, char **argv)
{
	long stop_ms = argc == 4 ? atol(argv[2]) : 0;
	long run_ms = argc == 4 ? atol(argv[3]) : 0;
	pid_t pid, before = 0;

	if (stop_ms < 1 || run_ms < 1) {
		fprintf(stderr, "usage: slow PIDFILE stop-ms run-ms\n");
		return 2;
	}
	/* Not longer than the test that started us. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (;;) {
		usleep(100000);
		pid = read_pid(argv[1]);
		if (!pid || pid == before)
			continue;
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL)) {
			if (errno == ESRCH)
				continue;
			perror("slow: ptrace");
			return 1;
		}
		before = pid;
		do {
			usleep(run_ms * 1000);
		} while (stop_for(pid, stop_ms));
	}
}
