/* Burns in a process that is not its child but its sibling, made with CLONE_PARENT. */
#include "probe.h"

int main(void)
{
	if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0)
		burn_user(-1);
	for (;;)
		pause();
}
