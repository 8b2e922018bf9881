/* Prints the identity of one of its namespaces. */
#include "probe.h"

int main(int argc, char **argv)
{
	char path[64], target[64] = { 0 };

	snprintf(path, sizeof path, "/proc/self/ns/%s", argument(argc, argv, 1));
	if (readlink(path, target, sizeof target - 1) < 0)
		denied();
	puts(target);
	return 0;
}
