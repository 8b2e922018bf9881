/*
 * Says what the clocks of time since boot say, in this process and in a child, and tries to set them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tell(const char *who)
{
	struct timespec monotonic, boot;
	double uptime = -1;
	FILE *file = fopen("/proc/uptime", "r");

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	if (file) {
		if (fscanf(file, "%lf", &uptime) != 1)
			uptime = -2;
		fclose(file);
	}
	printf("%s %lld %lld %lld\n", who, (long long)monotonic.tv_sec, (long long)boot.tv_sec, (long long)uptime);
	fflush(stdout);
}

int main(void)
{
	static const char offsets[] = "monotonic 100 0\nboottime 100 0\n";
	int file;

	tell("self");
	if (fork() == 0) {
		tell("child");
		_exit(0);
	}
	wait(NULL);
	file = open("/proc/self/timens_offsets", O_WRONLY);
	printf("%s\n", file >= 0 && write(file, offsets, strlen(offsets)) > 0 ? "set" : "denied");
	return 0;
}
