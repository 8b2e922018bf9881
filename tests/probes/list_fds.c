/* Names every descriptor it was born with, apart from 0, 1 and 2. */
#include "probe.h"

int main(void)
{
	int found = 0;

	for (int number = 3; number < 65536; number++) {
		char path[64], target[256] = { 0 };

		if (fcntl(number, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", number);
		if (readlink(path, target, sizeof target - 1) < 0)
			snprintf(target, sizeof target, "?");
		printf("%d -> %s\n", number, target);
		found++;
	}
	printf("inherited %d\n", found);
	return 0;
}
