/*
 * Takes back the sandbox's oom_score_adj: any value down to what the host itself was given by somebody with
 * CAP_SYS_RESOURCE is allowed (proc(5)). With VALUE -1000 no OOM killer takes the job any more, not even
 * its own group's.
 */
#include "probe.h"

int main(int argc, char **argv)
{
	const char *value = argument(argc, argv, 1);
	int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, value, strlen(value)) < 0) {
		printf("denied %s\n", errno_name(errno));
		return 0;
	}
	escaped("oom_score_adj is %s", value);
	return 0;
}
