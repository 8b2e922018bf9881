/* Names every descriptor it was born with, apart from 0, 1 and 2; with a number, on that descriptor instead of 1. */
#include "probe.h"

static const char *way_of(int number)
{
	int flags = fcntl(number, F_GETFL) & O_ACCMODE;

	return flags == O_RDONLY ? "read" : flags == O_WRONLY ? "write" : "both";
}

int main(int argc, char **argv)
{
	int found = 0, out = argc > 1 && *argv[1] ? atoi(argv[1]) : 1;

	for (int number = 3; number < 65536; number++) {
		char path[64], target[256] = { 0 };

		if (fcntl(number, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", number);
		if (readlink(path, target, sizeof target - 1) < 0)
			snprintf(target, sizeof target, "?");
		dprintf(out, "%d -> %s (%s)\n", number, target, way_of(number));
		found++;
	}
	dprintf(out, "inherited %d\n", found);
	return 0;
}
