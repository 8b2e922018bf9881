/* Runs a command as a container's pid 1 that reaps nobody: whoever loses his parent becomes a child of this. Prints how many did. */
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status, adopted = 0;
	pid_t command;

	if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 99;
	command = fork();
	if (command == 0) {
		execv(argv[1], argv + 1);
		_exit(98);
	}
	if (command < 0 || waitpid(command, &status, 0) != command)
		return 97;
	/* whether it is dead already or about to die: it is nobody's but ours */
	alarm(20);
	while (waitpid(-1, NULL, __WALL) > 0)
		adopted++;
	if (errno != ECHILD)
		return 96;
	dprintf(STDERR_FILENO, "adopted %d\n", adopted);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 95;
}
