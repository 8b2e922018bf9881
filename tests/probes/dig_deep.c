/* Makes directories inside directories until the kernel refuses or the number is reached: hard to clean up
 * by path. */
#include "probe.h"

int main(int argc, char **argv)
{
	int most = atoi(argument(argc, argv, 2)), depth = 0;

	if (chdir(argument(argc, argv, 1)) < 0)
		broken("chdir");
	for (; depth < most; depth++)
		if (mkdir("deep-deeper-deepest", 0700) < 0 || chdir("deep-deeper-deepest") < 0)
			break;
	printf("depth %d %s\n", depth, depth == most ? "all" : errno_name(errno));
	return 0;
}
