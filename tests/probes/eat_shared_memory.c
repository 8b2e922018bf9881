/* Touches anonymous memory mapped as shared: no limit on private data counts it. */
#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10);

	for (size_t have = 0; have < bytes; have += 1 << 20) {
		char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			denied();
		memset(memory, 1, 1 << 20);
	}
	sleep(2);
	escaped("touched %zu shared bytes", bytes);
}
