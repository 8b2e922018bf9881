/* An honest program of some size whose threads start children by vfork(2) and its likes, one after the other. */
#include "probe.h"

#include <pthread.h>
#include <spawn.h>

extern char **environ;

static int children;
static const char *way;

static int rest(void *unused)
{
	usleep(2000);
	_exit(0);
}

static pid_t start(void)
{
	static char stack[64 << 10];
	char *arguments[] = { "/proc/self/exe", "child", NULL };
	pid_t child = -1;

	if (strcmp(way, "spawn") == 0)
		return posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) == 0 ? child
												  : -1;
	if (strcmp(way, "clone") == 0) /* neither vfork(2) nor a thread: both go on */
		return clone(rest, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
	child = vfork();
	if (child == 0) {
		usleep(2000);
		_exit(0);
	}
	return child;
}

static void *work(void *unused)
{
	for (int i = 0; i < children; i++) {
		pid_t child = start();

		if (child < 0)
			broken(way);
		waitpid(child, NULL, 0);
	}
	printf("started %d\n", children);
	fflush(stdout);
	_exit(0);
}

/* start_children WAY BYTES CHILDREN: spawn, vfork, clone, or leaderless, which is vfork after the first thread has ended. */
int main(int argc, char **argv)
{
	pthread_t thread;
	size_t bytes;

	if (argc == 2)
		return 0;
	way = argument(argc, argv, 1);
	bytes = strtoull(argument(argc, argv, 2), NULL, 10);
	children = atoi(argument(argc, argv, 3));
	memset(malloc(bytes), 1, bytes);
	if (strcmp(way, "daemon") == 0 && (fork() > 0 ? (wait(NULL), 1) : (setsid(), 0)))
		return 0;
	if (pthread_create(&thread, NULL, work, NULL))
		broken("thread");
	if (strcmp(way, "leaderless") == 0)
		pthread_exit(NULL);
	pthread_join(thread, NULL);
	return 0;
}
