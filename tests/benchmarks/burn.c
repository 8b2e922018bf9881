/* burn [user|cpus|system|forks]: uses CPU until it is killed, for the overshoot of the cpuTime limit. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *burn(void *unused)
{
	for (volatile unsigned long i = 0;; i++)
		;
	return unused;
}

static void burn_every_cpu(void)
{
	pthread_t thread;

	for (long other = sysconf(_SC_NPROCESSORS_ONLN) - 1; other > 0; other--)
		pthread_create(&thread, NULL, burn, NULL);
	burn(NULL);
}

static void burn_system(void)
{
	for (;;)
		syscall(SYS_getppid);
}

/* About a millisecond in each child. */
static void burn_in_forks(void)
{
	for (;;) {
		pid_t child = fork();

		if (child == 0) {
			for (volatile unsigned long i = 0; i < 1000000; i++)
				;
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "user";

	if (strcmp(how, "cpus") == 0)
		burn_every_cpu();
	if (strcmp(how, "system") == 0)
		burn_system();
	if (strcmp(how, "forks") == 0)
		burn_in_forks();
	burn(NULL);
}
