/* Makes empty files until the kernel refuses. */
#include "probe.h"

int main(int argc, char **argv)
{
	const char *directory = argument(argc, argv, 1);
	long most = atol(argument(argc, argv, 2));
	char path[4096];

	for (long number = 0; number < most; number++) {
		snprintf(path, sizeof path, "%s/n%ld", directory, number);
		int fd = open(path, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			denied();
		close(fd);
	}
	escaped("made %ld files", most);
}
