/* Sends itself a signal: the doing of the job, not of a limit or a policy. */
#include "probe.h"

int main(int argc, char **argv)
{
	kill(getpid(), atoi(argument(argc, argv, 1)));
	pause();
	return 0;
}
