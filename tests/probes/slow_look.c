/*
 * Makes one look at its memory take seconds, by millions of page-table entries of one small file, and then does
 * something in the meantime: "allocate" spreads memory over children, "burn" burns CPU time, "hold" only waits.
 */
#include "probe.h"

#define FILE_BYTES ((size_t)32 << 20)
#define OWN_BYTES ((size_t)2 << 20)
#define STEP ((size_t)1 << 20)

static size_t *total;

static int small_file(void)
{
	static char block[1 << 20] = { 1 };
	int file = open("/tmp/small", O_RDWR | O_CREAT, 0600);

	for (size_t have = 0; file >= 0 && have < FILE_BYTES; have += sizeof block)
		if (write(file, block, sizeof block) != (ssize_t)sizeof block)
			return -1;
	return file;
}

static char *own_memory(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		denied();
	madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

/* Memory of its own as well, so that nobody can do without a look at this process. */
static _Noreturn void map_and_wait(int file, int maps, int ready)
{
	memset(own_memory(OWN_BYTES), 1, OWN_BYTES);
	for (int i = 0; i < maps; i++)
		if (mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0) == MAP_FAILED)
			broken("mmap");
	if (write(ready, "", 1) != 1)
		broken("write");
	for (;;)
		pause();
}

static _Noreturn void allocate(size_t bytes)
{
	char *memory = own_memory(bytes);
	char line[64];

	for (size_t have = 0; have < bytes; have += STEP) {
		memset(memory + have, 1, STEP);
		snprintf(line, sizeof line, "total %zu\n", __sync_add_and_fetch(total, STEP));
		write_all(1, line);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *then = argument(argc, argv, 1);
	int processes = atoi(argument(argc, argv, 2)), maps = atoi(argument(argc, argv, 3));
	int file = small_file(), ready[2];
	char byte;

	total = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (file < 0 || total == MAP_FAILED || pipe(ready) < 0)
		broken("set up");
	for (int i = 0; i < processes; i++)
		if (fork() == 0)
			map_and_wait(file, maps, ready[1]);
	for (int i = 0; i < processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			broken("read");
	write_all(1, "ready\n");
	if (strcmp(then, "burn") == 0)
		burn_user(-1);
	for (int i = 0; strcmp(then, "allocate") == 0 && i < 20; i++)
		if (fork() == 0)
			allocate((size_t)50 << 20);
	sleep(strcmp(then, "hold") == 0 ? 1 : 4);
	escaped("held %zu bytes", *total);
}
