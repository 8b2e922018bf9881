/* Burns for so many milliseconds in short-lived children that nobody waits for, as a program that may be executed but
 * not read: "first" by the job's first process, "child" by a child of it, "dumpable" after that program made itself
 * dumpable again. */
#include "probe.h"

static void copy(const char *from, const char *to)
{
	static char block[1 << 16];
	int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0700);
	ssize_t got;

	if (in < 0 || out < 0)
		broken("copy");
	while ((got = read(in, block, sizeof block)) > 0)
		if (write(out, block, (size_t)got) != got)
			broken("write");
	close(in);
	close(out);
	if (chmod(to, 0111) < 0)
		broken("chmod");
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void burn_in_children(double time)
{
	double end = seconds(CLOCK_MONOTONIC) + time;

	signal(SIGCHLD, SIG_IGN);
	while (seconds(CLOCK_MONOTONIC) < end) {
		for (int child = 0; child < 2; child++)
			if (fork() == 0) {
				while (seconds(CLOCK_PROCESS_CPUTIME_ID) < 0.004)
					;
				_exit(0);
			}
		while (wait(NULL) > 0)
			;
	}
}

int main(int argc, char **argv)
{
	const char *how = argument(argc, argv, 1);
	int status;

	if (argc > 3) {
		if (strcmp(how, "dumpable") == 0)
			prctl(PR_SET_DUMPABLE, 1);
		burn_in_children(atoi(argv[2]) / 1000.0);
		return 0;
	}
	copy("/proc/self/exe", "/work/unreadable");
	if (strcmp(how, "child") == 0 && fork() > 0) {
		wait(&status);
		return 0;
	}
	execl("/work/unreadable", "unreadable", how, argument(argc, argv, 2), "burn", NULL);
	broken("execl");
}
