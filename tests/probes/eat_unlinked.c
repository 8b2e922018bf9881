/*
 * Fills files that have no name any more, in pieces smaller than any file-size limit, and keeps them: by descriptors, or with
 * a third argument by mappings alone.
 */
#include "probe.h"

enum { PIECE = 8 << 20 };

int main(int argc, char **argv)
{
	const char *directory = argument(argc, argv, 1);
	size_t bytes = strtoull(argument(argc, argv, 2), NULL, 10), have = 0;
	static char block[1 << 20];
	char path[4096];

	memset(block, 1, sizeof block);
	for (int number = 0; have < bytes; number++) {
		snprintf(path, sizeof path, "%s/piece%d", directory, number);
		int fd = open(path, O_CREAT | O_RDWR, 0600);
		if (fd < 0 || unlink(path) < 0)
			denied();
		for (size_t done = 0; done < PIECE; done += sizeof block, have += sizeof block)
			if (write(fd, block, sizeof block) < 0)
				denied();
		if (argc > 3) {
			if (mmap(NULL, PIECE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
				denied();
			close(fd);
		}
	}
	sleep(5);
	escaped("wrote %zu bytes", have);
}
