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
		volatile char *memory = malloc(each);
		if (memory == NULL)
			_exit(1);
		for (size_t i = 0; i < each; i += 4096)
			memory[i] = 1;
		for (;;)
			pause();
	}
	sleep(2);
	escaped("%zu bytes in children", bytes);
}
