// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the kernel allocate memory that it can't wait for: a queued real-time
 * signal is a GFP_ATOMIC allocation, and one that fails is seen as EAGAIN.
 *
 * usage: atomic KiB seconds
 *
 * Queues so many KiB of signals to a process that never looks at them, ends
 * it, which frees them, and begins again. Prints "BURSTS FAILURES".
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIGQUEUE_BYTES	80	/* struct sigqueue */

int main(int argc, char **argv)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	long nr_signals, bursts = 0, failures = 0, i;
	sigset_t blocked;
	time_t end;

	if (argc != 3) {
		fprintf(stderr, "usage: atomic KiB seconds\n");
		return 2;
	}
	nr_signals = atol(argv[1]) * 1024 / SIGQUEUE_BYTES;
	end = time(NULL) + atol(argv[2]);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	if (setrlimit(RLIMIT_SIGPENDING, &unlimited)) {
		perror("atomic: setrlimit");
		return 1;
	}

	while (time(NULL) < end) {
		pid_t child = fork();

		if (child < 0) {
			perror("atomic: fork");
			return 1;
		}
		if (!child)
			for (;;)
				pause();
		for (i = 0; i < nr_signals; i++) {
			if (!sigqueue(child, SIGRTMIN, (union sigval){}))
				continue;
			if (errno != EAGAIN) {
				perror("atomic: sigqueue");
				return 1;
			}
			failures++;
		}
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		bursts++;
	}
	printf("%ld %ld\n", bursts, failures);
	return 0;
}
