/* Spreads its memory over many children, each small, and says so once all of them have it. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10), each = 8 << 20, children = 0;
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		denied();
	for (size_t have = 0; have < bytes; have += each) {
		pid_t child = fork();
		if (child < 0)
			denied();
		children++;
		if (child > 0)
			continue;
		volatile char *memory = malloc(each);
		if (memory == NULL)
			_exit(1);
		for (size_t i = 0; i < each; i += 4096)
			memory[i] = 1;
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	while (children > 0 && read(ready[0], &byte, 1) == 1)
		children--;
	usleep(100000);
	escaped("%zu bytes in children", bytes);
}
