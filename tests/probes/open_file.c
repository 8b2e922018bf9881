/* Opens one file for reading (r) or writing (w) and shows its first line. */
#include "probe.h"

int main(int argc, char **argv)
{
	const char *path = argument(argc, argv, 1);
	int writing = argc > 2 && argv[2][0] == 'w';
	char text[256] = { 0 };
	int fd = open(path, writing ? O_WRONLY : O_RDONLY);

	if (fd < 0)
		denied();
	if (writing)
		escaped("opened %s for writing", path);
	if (read(fd, text, sizeof text - 1) < 0)
		denied();
	text[strcspn(text, "\n")] = 0;
	escaped("read %s: %s", path, text);
}
