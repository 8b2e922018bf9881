/*
 * What is to be done once the C library is there and the managed runtime is not: a constructor of the `sandbox` executable.
 */
#define _GNU_SOURCE
#include "fatal_signals.h"
#include "words_of_isolate.h"

#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int sandbox_early_start(int *pid);

/* An arena for each thread would reserve 128 MiB of what is limited. */
static void spare_room(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == 0 && limit.rlim_max != RLIM_INFINITY)
		mallopt(M_ARENA_MAX, 1);
}

/*
 * A run of isolate ends by none of these signals before it has told what became of the job: blocked here they stay blocked in every thread
 * of the runtime, and one of managed code takes them (IsolateSignals.cs). Its launcher was started before.
 */
static void keep_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sandbox_take_fatal();
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
}

/* glibc hands a constructor the arguments of main */
__attribute__((constructor)) static void before_the_runtime(int argc, char **argv)
{
	spare_room(RLIMIT_AS);
	spare_room(RLIMIT_DATA);
	if (isolate_has(argc, argv, "--run", 3))
		keep_signals();
}

/* A job that turned out invalid needs no launcher; it ends with its socket, and leaves no zombie to a container's pid 1. */
__attribute__((destructor)) static void after_the_runtime(void)
{
	int pid, control = sandbox_early_start(&pid);

	if (control < 0)
		return;
	close(control);
	waitpid(pid, NULL, 0);
}
