/* Burns in a grandchild of its own session, adopted by pid 1, while the first process only sleeps.
 */
#include "probe.h"

int main(void)
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			burn_user(-1);
		_exit(0);
	}
	for (;;)
		pause();
}
