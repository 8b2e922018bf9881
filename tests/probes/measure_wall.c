/* Sleeps this many milliseconds and ends. */
#include "probe.h"

int main(int argc, char **argv)
{
	usleep((useconds_t)atoi(argument(argc, argv, 1)) * 1000);
	return 0;
}
