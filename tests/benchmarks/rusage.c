/*
 * rusage [DIRECTORY...] -- COMMAND...: runs a command bare, in new members of these control groups, and prints after
 * its output what wait4(2) tells: wall time (ns), user and system time (us), peak memory (KiB). That is what judges
 * without control groups go by: time of those the command waited for, memory of the largest process.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int join(const char *directory)
{
	char path[4096];
	int fd, joined;

	snprintf(path, sizeof path, "%s/cgroup.procs", directory);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	joined = fd >= 0 && write(fd, "0", 1) == 1;
	if (fd >= 0)
		close(fd);
	return joined ? 0 : -1;
}

int main(int argc, char **argv)
{
	int command = 1, status;
	struct rusage usage;
	int64_t start;
	pid_t child;

	while (command < argc && strcmp(argv[command], "--") != 0)
		command++;
	if (command + 1 >= argc) {
		fprintf(stderr, "usage: rusage [DIRECTORY...] -- COMMAND...\n");
		return 2;
	}
	start = now_ns();
	child = fork();
	if (child == 0) {
		for (int i = 1; i < command; i++)
			if (join(argv[i]) < 0)
				_exit(126);
		execv(argv[command + 1], argv + command + 1);
		_exit(127);
	}
	if (wait4(child, &status, 0, &usage) != child || status != 0) {
		fprintf(stderr, "rusage: %s ended with wait status %d\n", argv[command + 1], status);
		return 1;
	}
	printf("%lld %lld %ld\n", (long long)(now_ns() - start),
	       (long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
		       usage.ru_stime.tv_usec,
	       usage.ru_maxrss);
	return 0;
}
