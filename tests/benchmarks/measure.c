/*
 * measure COUNT|MILLISECONDSms [FD<FILE]... COMMAND...: runs a command COUNT times, or for so long, one after the other,
 * and prints a line per run: wall time (ns), user and system time of everything it started (us), peak memory
 * (KiB). Every run gets each FILE freshly opened as descriptor FD.
 *
 * A program of its own because ru_maxrss survives execve (getrusage(2)): a child of a managed
 * process would report the memory of its parent. It reaps what the command leaves behind, so
 * that the time of helpers that outlive their command is counted too.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
	uint64_t wall_ns;
	uint64_t user_us;
	uint64_t system_us;
	long peak_kib;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static void add(struct cost *cost, const struct rusage *usage)
{
	cost->user_us += microseconds(usage->ru_utime);
	cost->system_us += microseconds(usage->ru_stime);
	if (usage->ru_maxrss > cost->peak_kib)
		cost->peak_kib = usage->ru_maxrss;
}

/* The wall time ends with the command itself; the rest is waited for outside of it. */
static int run(char **command, const posix_spawn_file_actions_t *actions, struct cost *cost)
{
	struct rusage usage;
	pid_t child, ended;
	int status, answer = -1;
	uint64_t start = now_ns();

	if (posix_spawnp(&child, command[0], actions, NULL, command, environ) != 0)
		return -1;
	while ((ended = wait4(-1, &status, 0, &usage)) > 0) {
		if (ended == child) {
			cost->wall_ns = now_ns() - start;
			answer = status;
		}
		add(cost, &usage);
	}
	return answer;
}

/* The first word that is no FD<FILE. */
static char **add_files(char **word, posix_spawn_file_actions_t *actions)
{
	for (; *word; word++) {
		char *end;
		long fd = strtol(*word, &end, 10);

		if (end == *word || *end != '<')
			break;
		posix_spawn_file_actions_addopen(actions, (int)fd, end + 1, O_RDONLY, 0);
	}
	return word;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	char *unit = "";
	long count = argc > 2 ? strtol(argv[1], &unit, 10) : 0;
	uint64_t end = strcmp(unit, "ms") == 0 ? now_ns() + (uint64_t)count * 1000000u : 0;
	char **command;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	command = count > 0 ? add_files(argv + 2, &actions) : NULL;
	if (!command || !*command) {
		fprintf(stderr, "usage: measure COUNT|MILLISECONDSms [FD<FILE]... COMMAND...\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (long i = 0; end ? now_ns() < end : i < count; i++) {
		struct cost cost = { 0 };
		int status = run(command, &actions, &cost);

		if (status != 0) {
			fprintf(stderr, "measure: %s ended with wait status %d\n", *command, status);
			return 1;
		}
		printf("%llu %llu %llu %ld\n", (unsigned long long)cost.wall_ns,
		       (unsigned long long)cost.user_us, (unsigned long long)cost.system_us, cost.peak_kib);
	}
	return 0;
}
