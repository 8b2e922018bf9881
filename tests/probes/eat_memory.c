/* Touches anonymous memory until it has this many bytes, holds it a moment, and says so. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10);
	const size_t chunk = 1 << 20;

	for (size_t have = 0; have < bytes; have += chunk) {
		char *memory = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			denied();
		memset(memory, 1, chunk);
	}
	usleep(100000);
	printf("escaped: touched %zu bytes\n", bytes);
	return 0;
}
