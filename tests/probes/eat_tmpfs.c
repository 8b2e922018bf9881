/* Fills files below a directory until the kernel refuses, in pieces smaller than any file-size limit.
 */
#include "probe.h"

int main(int argc, char **argv)
{
	const char *directory = argument(argc, argv, 1);
	size_t bytes = strtoull(argument(argc, argv, 2), NULL, 10), have = 0;
	static char block[1 << 20];
	char path[4096];

	memset(block, 1, sizeof block);
	for (int number = 0; have < bytes; number++) {
		snprintf(path, sizeof path, "%s/piece%d", directory, number);
		int fd = open(path, O_CREAT | O_WRONLY, 0600);
		if (fd < 0)
			denied();
		for (int i = 0; i < 8; i++, have += sizeof block)
			if (write(fd, block, sizeof block) < 0) {
				printf("after %zu MiB: ", have >> 20);
				denied();
			}
		close(fd);
	}
	escaped("wrote %zu bytes", have);
}
