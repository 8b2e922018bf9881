/*
 * A debugger's needs: traces a child and reads its memory. WAY: child; or what must not keep a job from ending: held (a child
 * stopped under its tracer for ever), init (asks the parent, which for the job's first process is pid 1, to trace it).
 */
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "probe.h"

static volatile long s_secret = 1;

int main(int argc, char **argv)
{
	const char *way = argument(argc, argv, 1);
	pid_t child;
	int status;
	long copy = 0;
	struct iovec to = { &copy, sizeof copy }, from = { (void *)&s_secret, sizeof s_secret };

	if (!strcmp(way, "init")) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			denied();
		puts("asked");
		fflush(stdout);
		raise(SIGUSR1);
		return 7;
	}
	if ((child = fork()) == 0) {
		s_secret = 42;
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(errno == EPERM ? 2 : 3);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (!WIFSTOPPED(status)) {
		errno = WEXITSTATUS(status) == 2 ? EPERM : EINVAL;
		denied();
	}
	if (!strcmp(way, "held")) {
		puts("held");
		return 0;
	}
	if (process_vm_readv(child, &to, 1, &from, 1, 0) != sizeof copy)
		denied();
	ptrace(PTRACE_CONT, child, 0, 0);
	waitpid(child, &status, 0);
	printf("traced %ld %d\n", copy, WEXITSTATUS(status));
	return 0;
}
