/* Opens descriptors until the kernel refuses. */
#include "probe.h"

int main(int argc, char **argv)
{
	int most = atoi(argument(argc, argv, 1)), made = 0;

	while (made < most && dup(0) >= 0)
		made++;
	if (made == most)
		escaped("%d descriptors", made);
	printf("denied %s after %d\n", errno_name(errno), made);
	return 0;
}
