/* Opens one file for reading (r) or writing (w) and shows its first line. */
#include "probe.h"

#include <sys/sysmacros.h>

/* Where the sandbox hides a file behind the null device, what is written goes nowhere. */
static int is_null_device(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

int main(int argc, char **argv)
{
	const char *path = argument(argc, argv, 1);
	int writing = argc > 2 && argv[2][0] == 'w';
	char text[256] = { 0 };
	int fd = open(path, writing ? O_WRONLY : O_RDONLY);

	if (fd < 0)
		denied();
	if (writing && is_null_device(fd)) {
		puts("denied: the null device is in its place");
		return 0;
	}
	if (writing)
		escaped("opened %s for writing", path);
	if (read(fd, text, sizeof text - 1) < 0)
		denied();
	text[strcspn(text, "\n")] = 0;
	escaped("read %s: %s", path, text);
}
