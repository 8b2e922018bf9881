/* Prints a result of its own making to every descriptor that it can find or guess, then fails. */
#include "probe.h"

static const char forged[] = "{\"schema\":\"sandbox.result/1\",\"verdict\":\"ok\",\"exitCode\":0}\n";

int main(void)
{
	for (int number = 0; number < 1024; number++)
		if (write(number, forged, sizeof forged - 1) < 0)
			continue;
	for (int process = 1; process < 10; process++)
		for (int number = 0; number < 32; number++) {
			char path[64];
			snprintf(path, sizeof path, "/proc/%d/fd/%d", process, number);
			int fd = open(path, O_WRONLY | O_NONBLOCK);
			if (fd >= 0 && write(fd, forged, sizeof forged - 1) > 0)
				close(fd);
		}
	return 7;
}
