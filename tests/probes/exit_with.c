/* Ends with the exit status it is told to. */
#include "probe.h"

int main(int argc, char **argv)
{
	return atoi(argument(argc, argv, 1));
}
