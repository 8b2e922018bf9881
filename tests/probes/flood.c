/* Writes as much as it can to stdout or stderr, or both; a number says how many bytes are enough.
 */
#include "probe.h"

int main(int argc, char **argv)
{
	int first = atoi(argument(argc, argv, 1)), last = atoi(argument(argc, argv, 2));
	long long most = argc > 3 ? atoll(argv[3]) : -1, written = 0;
	static char block[65536];

	memset(block, 'x', sizeof block);
	signal(SIGPIPE, SIG_IGN);
	while (most < 0 || written < most) {
		long long left = most - written;
		size_t size = most < 0 || left > (long long)sizeof block ? sizeof block : (size_t)left;

		for (int fd = first; fd <= last; fd++)
			if (write(fd, block, size) < 0 && errno == EBADF)
				return 1;
		written += (long long)size;
	}
	return 0;
}
