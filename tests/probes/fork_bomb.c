/* Forks, each child in a session of its own when asked to, until the kernel refuses; says how many
 * it got. */
#include "probe.h"

int main(int argc, char **argv)
{
	int most = atoi(argument(argc, argv, 1)), made = 0;

	for (; made < most; made++) {
		pid_t child = fork();
		if (child < 0)
			break;
		if (child == 0) {
			if (argc > 2)
				setsid();
			for (;;)
				pause();
		}
	}
	if (made == most)
		escaped("%d children", made);
	printf("denied %s after %d\n", errno_name(errno), made);
	return 0;
}
