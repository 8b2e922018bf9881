/* Opens what it was given as 0, 1 and 2 again through /proc, for writing and truncating. */
#include "probe.h"

int main(void)
{
	char path[64];

	for (int number = 0; number < 3; number++) {
		struct stat status;

		snprintf(path, sizeof path, "/proc/self/fd/%d", number);
		fstat(number, &status);
		if (!S_ISREG(status.st_mode))
			continue;
		int again = open(path, O_RDWR);
		if (again >= 0 && write(again, "overwritten", 11) > 0)
			escaped("overwrote the file behind descriptor %d", number);
		again = open(path, O_WRONLY | O_TRUNC);
		if (again >= 0)
			escaped("truncated the file behind descriptor %d", number);
	}
	puts("denied");
	return 0;
}
