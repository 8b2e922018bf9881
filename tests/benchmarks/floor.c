/*
 * floor COUNT PLAN: does by hand, in one small C program and COUNT times over, what a plan asks of
 * the launcher: the floor under the latency of a warm job. Prints a line per job in the columns of
 * measure.c. It has none of what makes the launcher safe to use: no reports, no deadlines, no
 * checks of the plan, no refusal of symbolic links, no lifeline, no readback.
 */
#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

_Noreturn void floor_fail(const struct plan_step *step)
{
	fprintf(stderr, "floor: step of kind %d: %s\n", step ? step->kind : 0, strerror(errno));
	_exit(1);
}

static struct plan map_plan(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	struct plan plan = { 0 };
	const unsigned char *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		floor_fail(NULL);
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		floor_fail(NULL);
	plan.header = (const void *)bytes;
	plan.steps = (const void *)(bytes + plan.header->step_offset);
	plan.text = (const void *)(bytes + plan.header->text_offset);
	plan.blob = bytes + plan.header->blob_offset;
	return plan;
}

static pid_t clone_with(uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static _Noreturn void run_payload(const struct plan *plan, uint32_t step)
{
	for (; step < plan->header->step_count; step++)
		if (floor_confine(plan, &plan->steps[step]) < 0)
			floor_fail(&plan->steps[step]);
	_exit(127);
}

static _Noreturn void run_init(const struct plan *plan)
{
	uint32_t step = 0;
	pid_t payload;
	int status = 1;

	umask(0);
	for (; plan->steps[step].phase <= PHASE_HOST; step++)
		if (floor_build(plan, &plan->steps[step]) < 0)
			floor_fail(&plan->steps[step]);
	/* CAP_SETFCAP: to map our own id 0 into the payload's namespace (user_namespaces(7)) */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	floor_capabilities(1ull << 31);
	payload = clone_with(CLONE_NEWUSER | CLONE_VFORK);
	if (payload == 0)
		run_payload(plan, step);
	if (payload < 0)
		floor_fail(NULL);
	floor_capabilities(0);
	waitpid(payload, &status, 0);
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	_exit(status != 0);
}

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

/* Ours and the jobs'. */
static struct rusage usage_now(void)
{
	struct rusage own, children;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	timeradd(&own.ru_utime, &children.ru_utime, &own.ru_utime);
	timeradd(&own.ru_stime, &children.ru_stime, &own.ru_stime);
	own.ru_maxrss = children.ru_maxrss;
	return own;
}

static void run_job(const struct plan *plan)
{
	struct rusage before = usage_now(), after;
	uint64_t start = now_ns(), wall;
	pid_t init = clone_with(plan->header->namespaces);
	int status = 1;

	if (init == 0)
		run_init(plan);
	if (init < 0 || waitpid(init, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "floor: a job ended with wait status %d\n", status);
		exit(1);
	}
	wall = now_ns() - start;
	after = usage_now();
	printf("%llu %llu %llu %ld\n", (unsigned long long)wall,
	       (unsigned long long)(microseconds(after.ru_utime) - microseconds(before.ru_utime)),
	       (unsigned long long)(microseconds(after.ru_stime) - microseconds(before.ru_stime)),
	       after.ru_maxrss);
}

int main(int argc, char **argv)
{
	struct plan plan;

	if (argc != 3 || atoi(argv[1]) <= 0) {
		fprintf(stderr, "usage: floor COUNT PLAN\n");
		return 2;
	}
	plan = map_plan(argv[2]);
	/* a child would print what is still buffered once more */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = atoi(argv[1]); i > 0; i--)
		run_job(&plan);
	return 0;
}
