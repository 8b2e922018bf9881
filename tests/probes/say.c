/* Prints its arguments, one per line. */
#include "probe.h"

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		puts(argv[i]);
	return 0;
}
