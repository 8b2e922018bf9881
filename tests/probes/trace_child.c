/* Uses a debugger's and a compiler's needs that must keep working: a child traced by its parent. */
#include <sys/ptrace.h>

#include "probe.h"

int main(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(errno == EPERM ? 2 : 3);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("traceme %s\n", WEXITSTATUS(status) == 0 ? "allowed" : "denied");
	return 0;
}
