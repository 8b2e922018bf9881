/* Fills memfds that are never mapped: no RSS, no RLIMIT_AS, no RLIMIT_DATA sees them. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10);
	static char block[1 << 20];
	int fd = memfd_create("hidden", 0);

	if (fd < 0)
		denied();
	memset(block, 1, sizeof block);
	for (size_t have = 0; have < bytes; have += sizeof block) {
		if (have % (32 << 20) == 0 && have > 0 && (fd = memfd_create("hidden", 0)) < 0)
			denied();
		if (write(fd, block, sizeof block) < 0)
			denied();
	}
	sleep(2);
	escaped("%zu bytes in memfds", bytes);
}
