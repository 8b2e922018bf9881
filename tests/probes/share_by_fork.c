/* Has much memory and many children, which read all of it and write none: it is there once. */
#include "probe.h"

static void read_all(const volatile char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += 4096)
		(void)memory[i];
}

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10);
	int children = atoi(argument(argc, argv, 2));
	char *memory = malloc(bytes);

	if (!memory)
		denied();
	memset(memory, 1, bytes);
	for (int i = 0; i < children; i++)
		if (fork() == 0) {
			struct timespec start;

			clock_gettime(CLOCK_MONOTONIC, &start);
			while (seconds_since(&start) < 1)
				read_all(memory, bytes);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	puts("done");
	return 0;
}
