/*
 * Tries one call by name that limits, slows down or signals pid 1, whose uid is the job's. The calls
 * take effect where they succeed; "end" goes all the way to pid 1's death.
 */
#include <linux/ioprio.h>

#include "probe.h"

#define ORPHANS 400000

/* struct sched_attr of sched_setattr(2), for which musl has no wrapper */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static long limit_init(int resource, rlim_t value)
{
	uint64_t limit[2] = { value, value };

	return syscall(SYS_prlimit64, 1, resource, limit, NULL);
}

/* The upper half of a pid does not reach the kernel. */
static long limit_init_in_disguise(void)
{
	uint64_t limit[2] = { 1, 1 };

	return syscall(SYS_prlimit64, 0x700000001UL, RLIMIT_CPU, limit, NULL);
}

static long pin_init(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	return syscall(SYS_sched_setaffinity, 1, sizeof one, &one);
}

static long schedule_init(int policy)
{
	struct sched_param parameter = { 0 };

	return syscall(SYS_sched_setscheduler, 1, policy, &parameter);
}

static long set_parameter_of_init(void)
{
	struct sched_param parameter = { 0 };

	return syscall(SYS_sched_setparam, 1, &parameter);
}

static long set_attributes_of_init(void)
{
	struct scheduling attributes = { .size = sizeof attributes, .policy = SCHED_IDLE };

	return syscall(SYS_sched_setattr, 1, &attributes, 0);
}

static long set_io_priority(int which, int who)
{
	return syscall(SYS_ioprio_set, which, who, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

static long set_priority(int which, int who)
{
	return syscall(SYS_setpriority, which, who, 19);
}

static long move_memory_of_init(void)
{
	unsigned long nodes = 1;

	return syscall(SYS_migrate_pages, 1, 8, &nodes, &nodes);
}

/* A hard limit on CPU time ends even a pid 1 (kernel/time/posix-cpu-timers.c): reaping uses it up. */
static _Noreturn void end_init(void)
{
	if (limit_init(RLIMIT_CPU, 1) < 0)
		denied();
	for (int made = 0; made < ORPHANS; made++) {
		pid_t child = vfork();

		if (child == 0) {
			vfork();
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	escaped("pid 1 is limited and outlived %d orphans", ORPHANS);
}

/* What asks to be signalled on events of a descriptor may name whom, and with what. */
static void have_init_signalled(int number)
{
	int ends[2];

	if (pipe(ends) < 0 || fcntl(ends[0], F_SETOWN, 1) < 0 || fcntl(ends[0], F_SETSIG, number) < 0 ||
	    fcntl(ends[0], F_SETFL, O_ASYNC) < 0)
		return;
	write_all(ends[1], "x");
	close(ends[0]);
	close(ends[1]);
}

/* A pid 1 ignores what it has no handler for, from its own namespace even SIGKILL: the verdict tells. */
static _Noreturn void signal_init(void)
{
	int init = (int)syscall(SYS_pidfd_open, 1, 0);

	for (int number = 1; number < 65; number++) {
		siginfo_t forged = { .si_signo = number, .si_code = SI_QUEUE };

		kill(1, number);
		syscall(SYS_tkill, 1, number);
		syscall(SYS_tgkill, 1, 1, number);
		syscall(SYS_rt_sigqueueinfo, 1, number, &forged);
		syscall(SYS_rt_tgsigqueueinfo, 1, 1, number, &forged);
		syscall(SYS_pidfd_send_signal, init, number, &forged, 0);
		forged.si_code = SI_KERNEL;
		syscall(SYS_rt_sigqueueinfo, 1, number, &forged);
		have_init_signalled(number);
	}
	puts("denied");
	exit(0);
}

#define TRY(label, expression)                                                                               \
	if (strcmp(name, label) == 0)                                                                        \
	verdict((expression), label)

static void try_scheduling(const char *name)
{
	TRY("affinity", pin_init());
	TRY("scheduler", schedule_init(SCHED_IDLE));
	TRY("parameter", set_parameter_of_init());
	TRY("attributes", set_attributes_of_init());
	TRY("priority", set_priority(PRIO_PROCESS, 1));
	TRY("priority-group", set_priority(PRIO_PGRP, 1));
	TRY("priority-user", set_priority(PRIO_USER, 0));
	TRY("priority-user-named", set_priority(PRIO_USER, (int)getuid()));
	TRY("io-priority", set_io_priority(IOPRIO_WHO_PROCESS, 1));
	TRY("io-priority-group", set_io_priority(IOPRIO_WHO_PGRP, 1));
	TRY("io-priority-user", set_io_priority(IOPRIO_WHO_USER, (int)getuid()));
}

int main(int argc, char **argv)
{
	const char *name = argument(argc, argv, 1);

	TRY("cpu", limit_init(RLIMIT_CPU, 1));
	TRY("cpu-high-bits", limit_init_in_disguise());
	TRY("stack", limit_init(RLIMIT_STACK, 0));
	TRY("files", limit_init(RLIMIT_NOFILE, 0));
	try_scheduling(name);
	TRY("group", setpgid(1, 0));
	TRY("join-group", setpgid(0, 1));
	TRY("memory", move_memory_of_init());
	if (strcmp(name, "signals") == 0)
		signal_init();
	if (strcmp(name, "end") == 0)
		end_init();
	printf("broken: no such call: %s\n", name);
	return 99;
}
