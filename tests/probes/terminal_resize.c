/* Waits for its window to change, and says its size before and after. */
#include "probe.h"

#include <sys/ioctl.h>

static void say_size(const char *when)
{
	struct winsize size = { 0 };

	if (ioctl(0, TIOCGWINSZ, &size) < 0)
		broken("TIOCGWINSZ");
	printf("%s %d %d\n", when, size.ws_row, size.ws_col);
	fflush(stdout);
}

int main(void)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	say_size("before");
	if (sigwait(&set, &got) != 0)
		broken("sigwait");
	say_size("after");
	return 0;
}
