/* Keeps memory in System V segments that no process maps. */
#include <sys/shm.h>

#include "probe.h"

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10), have = 0;

	for (; have < bytes; have += 16 << 20) {
		int segment = shmget(IPC_PRIVATE, 16 << 20, IPC_CREAT | 0600);
		char *memory = segment < 0 ? (void *)-1 : shmat(segment, NULL, 0);
		if (memory == (void *)-1)
			denied();
		memset(memory, 1, 16 << 20);
		shmdt(memory);
	}
	sleep(2);
	escaped("%zu bytes in System V segments", have);
}
