/* Says what its terminal is like: names, owner, size, session, and whether /dev/tty is the same one. */
#include "probe.h"

#include <sys/ioctl.h>
#include <termios.h>

int main(void)
{
	struct winsize size = { 0 };
	struct stat own = { 0 }, controlling = { 0 };
	char name[64] = "";
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), error = errno;

	printf("isatty %d %d %d\n", isatty(0), isatty(1), isatty(2));
	if (readlink("/proc/self/fd/0", name, sizeof name - 1) < 0)
		snprintf(name, sizeof name, "%s", errno_name(errno));
	printf("name %s\n", name);
	if (tty < 0) {
		printf("no /dev/tty: %s\n", errno_name(error));
		return 0;
	}
	ioctl(tty, TIOCGWINSZ, &size);
	printf("size %d %d\n", size.ws_row, size.ws_col);
	if (fstat(0, &own) < 0 || fstat(tty, &controlling) < 0)
		broken("fstat");
	printf("owner %d mode %o\n", own.st_uid == getuid() && own.st_gid == getgid(), own.st_mode & 07777);
	printf("same %d\n", own.st_rdev == controlling.st_rdev || tcgetsid(tty) == tcgetsid(0));
	printf("leader %d foreground %d\n", getsid(0) == getpid(), tcgetpgrp(tty) == getpgrp());
	return 0;
}
