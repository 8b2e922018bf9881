/* Uses so much memory in one of many ways, for as long as it takes to be seen, and gives none of it away. */
#include "probe.h"

#include <pthread.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>

#define CHUNK (1u << 20)
#define PARTS 4

static size_t bytes;

static void hold(void)
{
	usleep(400000);
}

static char *map(int flags, size_t size, int fd)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, fd, 0);

	if (memory == MAP_FAILED)
		broken("mmap");
	return memory;
}

static char *anonymous(void)
{
	return memset(map(MAP_PRIVATE | MAP_ANONYMOUS, bytes, -1), 1, bytes);
}

static void private(void)
{
	anonymous();
	hold();
}

static void freed(void)
{
	char *memory = anonymous();

	hold();
	munmap(memory, bytes);
	hold();
}

static void shared(void)
{
	memset(map(MAP_SHARED | MAP_ANONYMOUS, bytes, -1), 1, bytes);
	hold();
}

/* Little is touched of what is mapped. */
static void sparse(void)
{
	memset(map(MAP_PRIVATE | MAP_ANONYMOUS, 8 * bytes, -1), 1, bytes);
	hold();
}

static void sparse_shared(void)
{
	memset(map(MAP_SHARED | MAP_ANONYMOUS, 1ul << 30, -1), 1, bytes);
	hold();
}

static void forked(void)
{
	anonymous();
	for (int i = 0; i < PARTS; i++)
		if (fork() == 0) {
			hold();
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

/* Half of it is the child's own in the end. */
static void copied(void)
{
	bytes = bytes / 2;
	char *memory = anonymous();

	if (fork() == 0) {
		hold();
		memset(memory, 2, bytes);
		hold();
		_exit(0);
	}
	wait(NULL);
}

static void vforked(void)
{
	anonymous();
	if (vfork() == 0) {
		hold();
		_exit(0);
	}
	wait(NULL);
}

static void *touch_part(void *memory)
{
	memset(memory, 1, bytes / PARTS);
	hold();
	return NULL;
}

static void threads(void)
{
	char *memory = map(MAP_PRIVATE | MAP_ANONYMOUS, bytes, -1);
	pthread_t thread[PARTS];

	for (int i = 0; i < PARTS; i++)
		if (pthread_create(&thread[i], NULL, touch_part, memory + i * (bytes / PARTS)))
			broken("thread");
	for (int i = 0; i < PARTS; i++)
		pthread_join(thread[i], NULL);
}

static void processes(void)
{
	for (int i = 0; i < PARTS; i++)
		if (fork() == 0) {
			bytes /= PARTS;
			private();
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

static void fill(int fd)
{
	static char block[CHUNK];

	memset(block, 1, CHUNK);
	for (size_t have = 0; have < bytes; have += CHUNK)
		if (write(fd, block, CHUNK) != CHUNK)
			broken("write");
}

static void file(void)
{
	fill(open("/tmp/file", O_WRONLY | O_CREAT, 0600));
	hold();
}

static void unlinked(void)
{
	int fd = open("/dev/shm/file", O_RDWR | O_CREAT, 0600);

	unlink("/dev/shm/file");
	fill(fd);
	map(MAP_SHARED, bytes, fd)[0] = 1;
	hold();
}

static void memfd(void)
{
	fill(memfd_create("open", 0));
	hold();
}

static void closed(void)
{
	int fd = memfd_create("closed", 0);

	fill(fd);
	map(MAP_SHARED, bytes, fd);
	close(fd);
	hold();
}

static void segments(void)
{
	for (size_t have = 0; have < bytes; have += CHUNK) {
		int segment = shmget(IPC_PRIVATE, CHUNK, 0600);
		char *memory = segment < 0 ? (char *)-1 : shmat(segment, NULL, 0);

		if (memory == (char *)-1)
			broken("segment");
		memset(memory, 1, CHUNK);
		if (have % (2 * CHUNK))
			shmdt(memory);
	}
	hold();
	for (int id = 0; id < 4096; id++)
		shmctl(id, IPC_RMID, NULL);
}

static void forgotten(void)
{
	char *memory = memset(map(MAP_SHARED | MAP_ANONYMOUS, bytes, -1), 1, bytes);

	madvise(memory, bytes, MADV_DONTNEED);
	hold();
}

static void inherited(void)
{
	char *memory = map(MAP_SHARED | MAP_ANONYMOUS, bytes, -1);

	for (int i = 0; i < PARTS; i++)
		if (fork() == 0) {
			memset(memory + i * (bytes / PARTS), 1, bytes / PARTS);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	hold();
}

static void socket_data(void)
{
	static char block[16 << 10];

	for (size_t sent = 0;;) {
		int pair[2];
		ssize_t count;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
			broken("socketpair");
		while (sent < bytes && (count = write(pair[0], block, sizeof block)) > 0)
			sent += (size_t)count;
		if (sent >= bytes)
			break;
	}
	hold();
}

static void read_to_end(const char *path, int flags)
{
	static char block[CHUNK];
	int fd = path ? open(path, flags) : STDIN_FILENO;

	if (fd < 0)
		broken("open");
	while (read(fd, block, sizeof block) > 0)
		;
	hold();
}

static void input(void)
{
	read_to_end(NULL, 0);
}

static void given(void)
{
	read_to_end("/work/given", O_RDONLY);
}

/* Many mappings of one file: its pages are in memory once, and the kernel may drop them. */
static void mapped_file(void)
{
	int fd = open("/given", O_RDONLY);

	if (fd < 0)
		broken("open");
	for (int i = 0; i < 8; i++)
		if (mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0) == MAP_FAILED)
			broken("mmap");
	hold();
}

static void read_file(void)
{
	read_to_end("/given", O_RDONLY);
}

static void overwritten(void)
{
	fill(open("/work/given", O_WRONLY | O_TRUNC));
	hold();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*use)(void);
	} ways[] = {
		{ "private", private },
		{ "freed", freed },
		{ "shared", shared },
		{ "sparse", sparse },
		{ "sparse_shared", sparse_shared },
		{ "forked", forked },
		{ "copied", copied },
		{ "vforked", vforked },
		{ "threads", threads },
		{ "processes", processes },
		{ "file", file },
		{ "unlinked", unlinked },
		{ "memfd", memfd },
		{ "closed", closed },
		{ "segments", segments },
		{ "forgotten", forgotten },
		{ "inherited", inherited },
		{ "sockets", socket_data },
		{ "input", input },
		{ "given", given },
		{ "mapped_file", mapped_file },
		{ "read_file", read_file },
		{ "overwritten", overwritten },
		{ "nothing", hold },
	};

	bytes = strtoull(argument(argc, argv, 2), NULL, 10);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, argument(argc, argv, 1)) == 0) {
			ways[i].use();
			printf("used\n");
			return 0;
		}
	broken("no such way");
}
