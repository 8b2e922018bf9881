/* Stops itself while a child goes on whose name is made to look like the state of one that is stopped (proc(5), /proc/pid/stat). */
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

int main(void)
{
	const struct timespec while_ = { .tv_nsec = 400000000 };
	pid_t parent = getpid();

	prctl(PR_SET_NAME, ") T 1 ) T 1");
	if (fork() == 0) {
		nanosleep(&while_, NULL);
		kill(parent, SIGCONT);
		_exit(0);
	}
	raise(SIGSTOP);
	puts("went on");
	return 0;
}
