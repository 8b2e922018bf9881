/*
 * Switches off every performance counter that this process made, which the one of its CPU time is, and burns in
 * children that nobody waits for, each too short to be seen in a look at /proc.
 */
#include "probe.h"

int main(void)
{
	if (prctl(PR_TASK_PERF_EVENTS_DISABLE) == 0)
		puts("switched off");
	else
		printf("denied %s\n", errno_name(errno));
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		for (int i = 0; i < 2; i++)
			if (fork() == 0) {
				burn_user(0.004);
				_exit(0);
			}
		while (wait(NULL) > 0)
			continue;
	}
}
