/* Touches fresh memory as fast as it can, in several threads and huge pages, and tells how far it got in a file. */
#include <pthread.h>

#include "probe.h"

#define HUGE ((size_t)2 << 20)
#define PIECE ((size_t)32 << 20)

static size_t *total, most;

static void *eat(void *unused)
{
	for (;;) {
		char *memory = mmap(NULL, PIECE + HUGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (memory == MAP_FAILED)
			return NULL;
		memory = (char *)(((uintptr_t)memory + HUGE - 1) & ~(HUGE - 1));
		madvise(memory, PIECE, MADV_HUGEPAGE);
		for (size_t have = 0; have < PIECE; have += HUGE) {
			if (__sync_fetch_and_add(total, HUGE) >= most)
				return NULL;
			for (size_t i = 0; i < HUGE; i += 4096)
				memory[have + i] = 1;
		}
	}
}

int main(int argc, char **argv)
{
	int threads = atoi(argument(argc, argv, 1));
	int file = open(argument(argc, argv, 3), O_RDWR);
	pthread_t thread;

	most = strtoull(argument(argc, argv, 2), NULL, 10);
	total = mmap(NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (total == MAP_FAILED)
		broken("mmap");
	usleep(50000);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread, NULL, eat, NULL);
	sleep(2);
	escaped("touched %zu bytes", *total);
}
