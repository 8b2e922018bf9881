/* Tries to lift every hard limit by one. */
#include "probe.h"

int main(void)
{
	for (int resource = 0; resource < 16; resource++) {
		struct rlimit limit;

		if (getrlimit(resource, &limit) < 0 || limit.rlim_max == RLIM_INFINITY)
			continue;
		limit.rlim_max++;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(resource, &limit) == 0)
			escaped("lifted limit %d", resource);
	}
	puts("denied");
	return 0;
}
