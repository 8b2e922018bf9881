/* Writes a text to a file and prints it: the honest job. */
#include "probe.h"

int main(int argc, char **argv)
{
	int fd = open(argument(argc, argv, 1), O_CREAT | O_TRUNC | O_WRONLY, 0644);

	if (fd < 0)
		denied();
	write_all(fd, argument(argc, argv, 2));
	puts("written");
	return 0;
}
