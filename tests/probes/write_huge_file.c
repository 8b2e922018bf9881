/* Writes one file until the file-size limit answers: with SIGXFSZ, or ignored with EFBIG. */
#include "probe.h"

int main(int argc, char **argv)
{
	static char block[1 << 20];
	int fd = open(argument(argc, argv, 1), O_CREAT | O_WRONLY, 0600);

	if (argc > 2)
		signal(SIGXFSZ, SIG_IGN);
	if (fd < 0)
		broken("open");
	for (long long i = 0; i < 4096; i++)
		if (write(fd, block, sizeof block) < 0)
			denied();
	escaped("wrote 4 GiB");
}
