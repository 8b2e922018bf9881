/* Sends every signal to pid 1, to everything it can see and to every group, and lives on. */
#include "probe.h"

int main(void)
{
	for (int number = 1; number < 65; number++) {
		kill(1, number);
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_IGN);
	}
	for (int process = 2; process < 40000; process++)
		if (process != getpid())
			kill(process, SIGKILL);
	kill(-1, SIGTERM);
	kill(-1, SIGKILL);
	puts("still here");
	return 5;
}
