/* Runs a command and prints the most memory that it, or a process it waited for, has had at once, in KiB. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t command;

	if (argc < 2)
		return 99;
	command = fork();
	if (command == 0) {
		execv(argv[1], argv + 1);
		_exit(98);
	}
	if (command < 0 || wait4(command, &status, 0, &usage) != command)
		return 97;
	dprintf(STDERR_FILENO, "peak %ld\n", usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
