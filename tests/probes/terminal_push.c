/* Types into the terminal it reads from, as into that of whoever started it (CVE-2017-5226). */
#include "probe.h"

#include <sys/ioctl.h>

int main(void)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (tty < 0)
		denied();
	for (const char *word = "touch pushed\n"; *word; word++)
		if (ioctl(tty, TIOCSTI, word) < 0)
			denied();
	puts("pushed into its own");
	return 0;
}
