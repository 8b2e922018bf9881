/* Leaves zombies until the kernel refuses; says how many it got. */
#include "probe.h"

int main(int argc, char **argv)
{
	int most = atoi(argument(argc, argv, 1)), made = 0;

	for (; made < most; made++) {
		pid_t child = fork();
		if (child < 0)
			break;
		if (child == 0)
			_exit(0);
	}
	if (made == most)
		escaped("%d zombies", made);
	printf("denied %s after %d\n", errno_name(errno), made);
	return 0;
}
