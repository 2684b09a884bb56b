// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of a test guest. Mounts what tests need, runs the shell command that
 * stands behind "--" on the kernel's command line, tells the host its exit
 * status in a last line "@exit N", and powers off. Without a command it gives
 * an interactive shell on the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void mount_or_say(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		fprintf(stderr, "init: mount %s: %s\n", where, strerror(errno));
}

static void run_shell(int argc, char **argv)
{
	static char command[4096];
	size_t used = 0;
	int i;

	setenv("PATH", "/bin", 1);
	setenv("HOME", "/", 1);
	/*
	 * With the console as its terminal, for Ctrl-C. Not for a command: the
	 * end of a terminal's session throws away what is not yet sent.
	 */
	if (argc < 2) {
		setsid();
		ioctl(0, TIOCSCTTY, 1);
		execl("/bin/sh", "sh", "-i", NULL);
	}

	for (i = 1; i < argc; i++)
		used += snprintf(command + used, sizeof(command) - used, "%s ",
				 argv[i]);
	execl("/bin/sh", "sh", "-c", command, NULL);
	perror("init: /bin/sh");
	_exit(127);
}

int main(int argc, char **argv)
{
	int status, code = 126;
	pid_t shell, pid;

	mount_or_say("devtmpfs", "/dev");
	mount_or_say("proc", "/proc");
	mount_or_say("sysfs", "/sys");
	mount_or_say("debugfs", "/sys/kernel/debug");
	mount_or_say("tracefs", "/sys/kernel/tracing");
	mount_or_say("tmpfs", "/tmp");

	shell = fork();
	if (!shell)
		run_shell(argc, argv);

	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		if (pid != shell)
			continue;
		code = WIFEXITED(status) ? WEXITSTATUS(status) :
					   128 + WTERMSIG(status);
		break;
	}

	printf("\n@exit %d\n", code);
	fflush(stdout);
	tcdrain(1);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
