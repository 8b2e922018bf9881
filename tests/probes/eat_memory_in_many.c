/* Spreads its memory over many children, each small. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10), each = 8 << 20;

	for (size_t have = 0; have < bytes; have += each) {
		pid_t child = fork();
		if (child < 0)
			denied();
		if (child > 0)
			continue;
		char *memory = malloc(each);
		if (memory == NULL)
			_exit(1);
		memset(memory, 1, each);
		for (;;)
			pause();
	}
	sleep(2);
	escaped("%zu bytes in children", bytes);
}
