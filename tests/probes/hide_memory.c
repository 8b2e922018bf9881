/* Holds memory where a look at processes does not show it, in one of many ways, and says how much it holds. */
#include "probe.h"

#define CHUNK (1u << 20)
#define HUGE_CHUNK (2u << 20)

static size_t held;

static char *map_shared(size_t bytes, int fd)
{
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	if (memory == MAP_FAILED)
		denied();
	return memory;
}

/* The pages stay in the inode (madvise(2)), the entries of the page table go. */
static void touch_and_forget(char *memory, size_t bytes)
{
	memset(memory, 1, bytes);
	madvise(memory, bytes, MADV_DONTNEED);
	held += bytes;
}

static void forget_shared(size_t bytes)
{
	while (held < bytes)
		touch_and_forget(map_shared(CHUNK, -1), CHUNK);
}

static void forget_device(size_t bytes)
{
	int fd = open("/dev/zero", O_RDWR);

	while (held < bytes)
		touch_and_forget(map_shared(CHUNK, fd), CHUNK);
}

/* One large mapping, of which each child touches a part and ends. */
static void leave_to_children(size_t bytes)
{
	char *memory = map_shared(bytes, -1);

	for (; held < bytes; held += 8 * CHUNK) {
		size_t part = bytes - held < 8 * CHUNK ? bytes - held : 8 * CHUNK;
		pid_t child = fork();

		if (child < 0)
			denied();
		if (child == 0) {
			memset(memory + held, 1, part);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

static void leave_to_ignored_children(size_t bytes)
{
	signal(SIGCHLD, SIG_IGN);
	leave_to_children(bytes);
}

/* write(2) brings pages without a page fault. */
static void write_and_close(size_t bytes)
{
	static char block[CHUNK];

	for (memset(block, 1, CHUNK); held < bytes; held += CHUNK) {
		int fd = memfd_create("closed", MFD_CLOEXEC);

		if (fd < 0 || write(fd, block, CHUNK) != CHUNK)
			denied();
		map_shared(CHUNK, fd);
		close(fd);
	}
}

/* The pages of a part that is unmapped stay, too. */
static void unmap_most(size_t bytes)
{
	for (; held < bytes; held += 4 * CHUNK) {
		char *memory = map_shared(4 * CHUNK, -1);

		memset(memory, 1, 4 * CHUNK);
		munmap(memory + 4096, 4 * CHUNK - 4096);
	}
}

/* mremap(2) with an old size of 0 makes a second mapping of the same pages. */
static void map_again(size_t bytes)
{
	for (; held < bytes; held += CHUNK) {
		char *memory = map_shared(CHUNK, -1);

		memset(memory, 1, CHUNK);
		if (mremap(memory, 0, CHUNK, MREMAP_MAYMOVE) == MAP_FAILED)
			denied();
		munmap(memory, CHUNK);
	}
}

/* One page fault for each huge page, where the kernel makes them (MADV_COLLAPSE, Linux 6.1). */
static void collapse(size_t bytes)
{
	for (; held < bytes; held += HUGE_CHUNK) {
		char *memory = map_shared(2 * HUGE_CHUNK, -1);
		char *aligned = (char *)(((uintptr_t)memory + HUGE_CHUNK - 1) & ~(uintptr_t)(HUGE_CHUNK - 1));

		aligned[0] = 1;
		madvise(aligned, HUGE_CHUNK, 25);
		touch_and_forget(aligned, HUGE_CHUNK);
		held -= HUGE_CHUNK;
	}
}

/* Parent and child have memory of their own, and the parent waits as in vfork(2). */
static void wait_as_in_vfork(size_t bytes)
{
	size_t each = 20 * CHUNK;
	char *memory = mmap(NULL, each, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (;;) {
		long child;

		memset(memory, 1 + (int)(held / each), each);
		held += each;
		if (held >= bytes)
			return;
		child = syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
		if (child < 0)
			denied();
		if (child > 0) {
			waitpid((pid_t)child, NULL, 0);
			_exit(0);
		}
	}
}

static void copy_filter(pid_t from, pid_t to)
{
	char path[64], text[32];
	int source, target;

	snprintf(path, sizeof path, "/proc/%d/coredump_filter", from);
	source = open(path, O_RDONLY);
	snprintf(path, sizeof path, "/proc/%d/coredump_filter", to);
	target = open(path, O_WRONLY);
	for (;;) {
		ssize_t count = pread(source, text + 2, sizeof text - 2, 0);

		text[0] = '0';
		text[1] = 'x';
		if (count > 0)
			pwrite(target, text, (size_t)count + 2, 0);
	}
}

/* Two memories that look like one: whatever is written to the coredump_filter of one is copied to the other at once. */
static void copy_what_tells(size_t bytes)
{
	pid_t parent = getpid(), child;
	char *memory;

	bytes = 40 * CHUNK;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0) {
		memset(memory, 2, bytes);
		sleep(3);
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			copy_filter(i % 2 ? parent : child, i % 2 ? child : parent);
	usleep(200000);
	memset(memory, 1, bytes);
	held = 2 * bytes;
}

/* Who is not dumpable shows its descriptors to root alone (proc_pid_fd(5)). */
static void hide_descriptors(size_t bytes)
{
	static char block[CHUNK];
	int fd = -1;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (memset(block, 1, CHUNK); held < bytes; held += CHUNK) {
		if (held % (16 * CHUNK) == 0)
			fd = memfd_create("held", 0);
		if (fd < 0 || write(fd, block, CHUNK) != CHUNK)
			denied();
	}
}

/* Nor does a program that may not be read show any. */
static void be_unreadable(size_t bytes)
{
	static char block[CHUNK];
	int from, to;
	ssize_t count;
	char size[24];

	if (access("/work/unreadable", F_OK) == 0) {
		hide_descriptors(bytes);
		return;
	}
	from = open("/proc/self/exe", O_RDONLY);
	to = open("/work/unreadable", O_WRONLY | O_CREAT | O_EXCL, 0111);
	while ((count = read(from, block, sizeof block)) > 0)
		if (write(to, block, (size_t)count) != count)
			denied();
	close(to);
	snprintf(size, sizeof size, "%zu", bytes);
	execl("/work/unreadable", "unreadable", "unreadable", size, NULL);
	denied();
}

static void keep_in_unlinked_files(size_t bytes)
{
	while (held < bytes) {
		int fd = open("/dev/shm/unlinked", O_RDWR | O_CREAT | O_EXCL, 0600);

		unlink("/dev/shm/unlinked");
		if (fd < 0 || ftruncate(fd, CHUNK) < 0)
			denied();
		char *memory = map_shared(CHUNK, fd);

		close(fd);
		touch_and_forget(memory, CHUNK);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*hide)(size_t bytes);
	} ways[] = {
		{ "forgotten", forget_shared },
		{ "device", forget_device },
		{ "children", leave_to_children },
		{ "ignored", leave_to_ignored_children },
		{ "closed", write_and_close },
		{ "unmapped", unmap_most },
		{ "again", map_again },
		{ "collapsed", collapse },
		{ "vfork", wait_as_in_vfork },
		{ "unreadable", be_unreadable },
		{ "undumpable", hide_descriptors },
		{ "copied", copy_what_tells },
		{ "unlinked", keep_in_unlinked_files },
	};
	size_t bytes = strtoull(argument(argc, argv, 2), NULL, 10);

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, argument(argc, argv, 1)) == 0) {
			ways[i].hide(bytes);
			sleep(2);
			escaped("%zu bytes", held);
		}
	broken("no such way");
}
