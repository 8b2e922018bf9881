#include "file.h"

#include "sys.h"

#include <string.h>

int write_file(int dir, const char *path, const char *text)
{
	autoclose int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(text);

	if (fd < 0)
		return -1;
	return write(fd, text, (size_t)length) == length ? 0 : -1;
}
