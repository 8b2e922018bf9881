/* Burns in a child whose name imitates the fields that follow a name in /proc/PID/stat. */
#include "probe.h"

int main(void)
{
	if (fork() == 0) {
		prctl(PR_SET_NAME, "x) Z 0 0 0 0\n");
		burn_user(-1);
	}
	for (;;)
		pause();
}
