/* Prints, leaves a daemon that holds stdout and stderr open, and ends. */
#include "probe.h"

int main(void)
{
	puts("main is done");
	fflush(stdout);
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			signal(SIGHUP, SIG_IGN);
			for (;;)
				pause();
		}
		_exit(0);
	}
	wait(NULL);
	return 0;
}
