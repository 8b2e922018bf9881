/* Ignores every signal it can, leaves a child of its own session behind, and sleeps. */
#include "probe.h"

int main(int argc, char **argv)
{
	for (int number = 1; number < 65; number++)
		signal(number, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, 0);
	if (argc > 1) {
		puts(argv[1]);
		fflush(stdout);
	}
	if (fork() == 0)
		setsid();
	for (;;)
		pause();
}
