/* A child eats memory until it is killed; the parent ends well regardless. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10);
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		char *memory = malloc(bytes);
		if (memory == NULL)
			_exit(1);
		for (size_t i = 0; i < bytes; i += 4096)
			memory[i] = 1;
		usleep(300000);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return 0;
}
