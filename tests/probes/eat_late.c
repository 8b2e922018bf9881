/* Waits for MILLISECONDS, then touches BYTES of memory, holds them for MILLISECONDS, and says so. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes;

	usleep((useconds_t)atoi(argument(argc, argv, 1)) * 1000);
	bytes = strtoull(argument(argc, argv, 2), NULL, 10);
	volatile char *memory = malloc(bytes);
	if (memory == NULL)
		denied();
	for (size_t i = 0; i < bytes; i += 4096)
		memory[i] = 1;
	usleep((useconds_t)(argc > 3 ? atoi(argv[3]) : 500) * 1000);
	escaped("touched %zu bytes", bytes);
}
