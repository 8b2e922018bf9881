/* Its first thread ends at once, so that /proc shows a zombie without memory; the second eats. */
#include <pthread.h>

#include "probe.h"

static size_t bytes;

static void *eater(void *unused)
{
	usleep(20000);
	for (size_t have = 0; have < bytes; have += 1 << 20) {
		/* Mapped shared, so that no limit on private data counts it either. */
		char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			denied();
		memset(memory, 1, 1 << 20);
	}
	sleep(2);
	escaped("touched %zu bytes behind a dead leader", bytes);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	bytes = strtoull(argument(argc, argv, 1), NULL, 10);
	pthread_create(&thread, NULL, eater, NULL);
	pthread_exit(NULL);
}
