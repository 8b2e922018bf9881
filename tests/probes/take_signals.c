/* Blocks every signal, says that it is ready, and then names each that comes until it had so many. */
#include "probe.h"

int main(int argc, char **argv)
{
	int most = atoi(argument(argc, argv, 1));
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	puts("ready");
	fflush(stdout);
	for (int count = 0; count < most; count++) {
		siginfo_t info;
		int signal = sigwaitinfo(&all, &info);

		if (signal < 0)
			broken("sigwaitinfo");
		printf("%d from %d\n", signal, info.si_pid);
		fflush(stdout);
	}
	return 0;
}
