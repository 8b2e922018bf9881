/*
 * staleness DIRECTORY [POKE [MILLISECONDS]]: how far the CPU time that a control group tells lags behind the
 * CPU time that a running process of it has used, and whether anything another process may do without
 * privilege (the POKE) brings it up to date. DIRECTORY is an empty group of either version.
 *
 * The scheduler charges a running task at the tick of its CPU and when it leaves it (update_curr,
 * kernel/sched/fair.c). The truth is a task clock of perf_event_open(2), which asks the CPU itself: nothing
 * that the burner could ask for itself would do, because the answer would charge it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 100000
#define NEIGHBOURS 20

struct sample {
	int64_t told_ns;
	int64_t used_ns;
};

static struct sample samples[SAMPLES_MAX];
static int count, refused, usage = -1, perf = -1, helper = -1, schedstat = -1;
static int64_t poke_ns;
static pid_t burner;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "staleness: %s: %s\n", what, strerror(errno));
	if (burner > 0)
		kill(burner, SIGKILL);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) < 0)
		fail("sched_setaffinity");
}

static int open_in(const char *directory, const char *name, int flags)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	return open(path, flags | O_CLOEXEC);
}

/* cpu.stat begins with "usage_usec N"; cpuacct.usage is one number, in nanoseconds. */
static int64_t told(void)
{
	char text[512] = "";
	ssize_t length = pread(usage, text, sizeof text - 1, 0);

	if (length <= 0)
		fail("the group's CPU time");
	if (strncmp(text, "usage_usec ", 11) == 0)
		return strtoll(text + 11, NULL, 10) * 1000;
	return strtoll(text, NULL, 10);
}

static int64_t used(void)
{
	int64_t value;

	if (read(perf, &value, sizeof value) != sizeof value)
		fail("the task clock");
	return value;
}

static void start_burner(const char *directory, int cpu)
{
	int procs = open_in(directory, "cgroup.procs", O_WRONLY), go[2];
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attr,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	char byte;

	if (procs < 0 || pipe2(go, O_CLOEXEC) < 0)
		fail("cgroup.procs");
	burner = fork();
	if (burner == 0) {
		pin(cpu);
		setsid();
		if (write(procs, "0", 1) != 1)
			fail("joining the group");
		close(go[1]);
		if (read(go[0], &byte, 1) < 0)
			_exit(1);
		for (volatile unsigned long i = 0;; i++)
			;
	}
	close(procs);
	perf = (int)syscall(SYS_perf_event_open, &attr, burner, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (perf < 0)
		fail("perf_event_open");
	close(go[0]);
	close(go[1]);
}

/* Sleeps on the burner's CPU until a byte arrives: the scheduler charges whom it wakes somebody next to. */
static void start_helper(int cpu)
{
	int ends[2];
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("pipe");
	if (fork() == 0) {
		close(ends[1]);
		pin(cpu);
		while (read(ends[0], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(ends[0]);
	helper = ends[1];
}

static void prepare(const char *poke, int cpu)
{
	char path[64];

	if (strcmp(poke, "wake") == 0)
		start_helper(cpu);
	snprintf(path, sizeof path, "/proc/%d/schedstat", burner);
	if (strcmp(poke, "schedstat") == 0 && (schedstat = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		fail(path);
}

/* clock_getcpuclockid(3): the complement of the id above three bits, 2 for "scheduler", 4 for "one thread". */
static void poke(const char *how)
{
	struct timespec time;
	char text[128];
	int64_t start = now_ns();
	int failed = 0;

	if (strcmp(how, "thread-clock") == 0)
		failed = clock_gettime((clockid_t)((~(unsigned)burner << 3) | 6), &time);
	else if (strcmp(how, "process-clock") == 0)
		failed = clock_gettime((clockid_t)((~(unsigned)burner << 3) | 2), &time);
	else if (strcmp(how, "perf") == 0)
		(void)used();
	else if (strcmp(how, "schedstat") == 0)
		failed = pread(schedstat, text, sizeof text, 0) <= 0;
	else if (strcmp(how, "wake") == 0)
		failed = write(helper, "", 1) != 1 || usleep(50) < 0;
	poke_ns += now_ns() - start;
	refused += failed != 0;
}

static int ascending(const void *one, const void *other)
{
	int64_t difference = *(const int64_t *)one - *(const int64_t *)other;

	return difference < 0 ? -1 : difference > 0;
}

/*
 * The two clocks drift apart: each switch to another process and back costs some 10 to 20 us more by the task clock than by
 * the scheduler. So a sample is compared with the freshest of its neighbours.
 */
static int64_t lag(int index)
{
	int64_t lead = samples[index].used_ns - samples[index].told_ns, least = lead;

	for (int i = index - NEIGHBOURS; i <= index + NEIGHBOURS; i++) {
		int64_t other = i < 0 || i >= count ? lead : samples[i].used_ns - samples[i].told_ns;

		if (other < least)
			least = other;
	}
	return lead - least;
}

static void print(const char *how)
{
	static const int percents[] = { 0, 10, 50, 90, 99, 100 };
	static int64_t lags[SAMPLES_MAX];

	for (int i = 0; i < count; i++)
		lags[i] = lag(i);
	qsort(lags, (size_t)count, sizeof *lags, ascending);
	printf("%-13s %6d", how, count);
	for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
		printf(" %8.1f", (double)lags[(int64_t)(count - 1) * percents[i] / 100] / 1000);
	printf(" %8.1f %7d\n", (double)poke_ns / count / 1000, refused);
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "none";
	int64_t length = (argc > 3 ? atoll(argv[3]) : 1000) * 1000000, end;
	int cpu = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;

	if (argc < 2) {
		fprintf(stderr, "usage: staleness DIRECTORY [POKE [MILLISECONDS]]\n"
				"POKE: none, thread-clock, process-clock, schedstat, perf, wake\n");
		return 2;
	}
	/* In version 1 there may be a cpu.stat of another controller beside it. */
	if ((usage = open_in(argv[1], "cpuacct.usage", O_RDONLY)) < 0)
		usage = open_in(argv[1], "cpu.stat", O_RDONLY);
	if (usage < 0)
		fail(argv[1]);
	signal(SIGPIPE, SIG_IGN);
	pin(0);
	start_burner(argv[1], cpu);
	prepare(how, cpu);
	usleep(20000);
	for (end = now_ns() + length; now_ns() < end && count < SAMPLES_MAX; count++) {
		/* Out of step with any tick. */
		usleep(300 + (unsigned)rand() % 1700);
		poke(how);
		samples[count].told_ns = told();
		samples[count].used_ns = used();
	}
	kill(burner, SIGKILL);
	waitpid(burner, NULL, 0);
	print(how);
	return 0;
}
