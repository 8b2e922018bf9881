/*
 * Uses a known amount of one thing and prints what it measured of itself on one line: CPU time and wall time (ns) and
 * the bytes it held; then what getrusage(2) says: CPU time with that of waited children (ns), largest resident set
 * of one process (bytes). What is reported of it from outside can be compared with that.
 *
 * Every process of it adds its own clock to a shared sum: no parent has to wait for anybody. Not in the sum are the
 * start and the end of each process, a few tenths of a millisecond. A clock goes on through execve, so what came
 * before main is taken off.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "probe.h"

#define CHILDREN 10
#define HELD_US 150000

static _Atomic int64_t *spent;

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t nanoseconds(const char *milliseconds)
{
	return strtoll(milliseconds, NULL, 10) * 1000000;
}

static void spend_user(int64_t ns, clockid_t clock)
{
	volatile unsigned long counter = 0;

	do
		for (int i = 0; i < 20000; i++)
			counter++;
	while (clock_ns(clock) < ns);
}

static void spend_system(int64_t ns)
{
	do
		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid);
	while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < ns);
}

static void *spend_thread(void *ns)
{
	spend_user(*(int64_t *)ns, CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static _Noreturn void end_child(void)
{
	atomic_fetch_add(spent, clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	_exit(0);
}

/* Everybody holds the writing end: the other one reads its end once the last of them is gone. */
static void await_all(const int ends[2])
{
	char byte;

	close(ends[1]);
	while (read(ends[0], &byte, 1) > 0)
		continue;
}

static void burn_in_threads(const char *amount)
{
	int64_t ns = nanoseconds(amount) / 2;
	pthread_t other;

	if (pthread_create(&other, NULL, spend_thread, &ns) != 0)
		broken("pthread_create");
	spend_thread(&ns);
	pthread_join(other, NULL);
}

static void burn_in_children(const char *amount)
{
	for (int i = 0; i < CHILDREN; i++) {
		int ends[2];

		if (pipe(ends) < 0)
			broken("pipe");
		if (fork() == 0) {
			spend_user(nanoseconds(amount) / CHILDREN, CLOCK_PROCESS_CPUTIME_ID);
			end_child();
		}
		await_all(ends);
		close(ends[0]);
		waitpid(-1, NULL, 0);
	}
}

/* wait(2), "Notes": nobody can wait for these, and their time goes to no parent. */
static void burn_in_unwaited(const char *amount)
{
	signal(SIGCHLD, SIG_IGN);
	burn_in_children(amount);
}

static void burn_in_orphan(const char *amount)
{
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0)
		broken("pipe");
	child = fork();
	if (child == 0) {
		setsid();
		if (fork() == 0)
			spend_user(nanoseconds(amount), CLOCK_PROCESS_CPUTIME_ID);
		end_child();
	}
	waitpid(child, NULL, 0);
	await_all(ends);
}

static int64_t used_ns(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000ll +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000ll;
}

static void print_rusage(int64_t before)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	printf(" %lld %lld\n", (long long)(used_ns(&self) + used_ns(&children) - before),
	       (self.ru_maxrss > children.ru_maxrss ? self.ru_maxrss : children.ru_maxrss) * 1024ll);
}

static char *touch(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		broken("mmap");
	memset(memory, 1, bytes);
	return memory;
}

static void hold_anonymous(size_t bytes)
{
	char *memory = touch(bytes);

	usleep(HELD_US);
	munmap(memory, bytes);
}

/* The same pages in two processes are pages once. */
static void hold_copied(size_t bytes)
{
	char *memory = touch(bytes);
	pid_t child = fork();

	if (child == 0) {
		usleep(HELD_US);
		end_child();
	}
	waitpid(child, NULL, 0);
	munmap(memory, bytes);
}

static void hold_file(int fd, size_t bytes)
{
	static char block[1 << 20];

	if (fd < 0)
		broken("file");
	memset(block, 1, sizeof block);
	for (size_t have = 0; have < bytes; have += sizeof block)
		if (write(fd, block, sizeof block) != sizeof block)
			broken("write");
	usleep(HELD_US);
	close(fd);
}

static void hold(const char *kind, size_t bytes, const char *path)
{
	if (strcmp(kind, "anonymous") == 0)
		hold_anonymous(bytes);
	else if (strcmp(kind, "copied") == 0)
		hold_copied(bytes);
	else if (strcmp(kind, "memfd") == 0)
		hold_file(memfd_create("account", 0), bytes);
	else if (strcmp(kind, "tmpfs") == 0) {
		hold_file(open(path, O_CREAT | O_EXCL | O_WRONLY, 0600), bytes);
		unlink(path);
	} else
		broken(kind);
}

/* Whether the name was one of a way to spend time. */
static int spend(const char *kind, const char *amount)
{
	if (strcmp(kind, "user") == 0)
		spend_user(nanoseconds(amount), CLOCK_PROCESS_CPUTIME_ID);
	else if (strcmp(kind, "system") == 0)
		spend_system(nanoseconds(amount));
	else if (strcmp(kind, "threads") == 0)
		burn_in_threads(amount);
	else if (strcmp(kind, "children") == 0)
		burn_in_children(amount);
	else if (strcmp(kind, "unwaited") == 0)
		burn_in_unwaited(amount);
	else if (strcmp(kind, "orphan") == 0)
		burn_in_orphan(amount);
	else if (strcmp(kind, "sleep") == 0)
		usleep((useconds_t)atoi(amount) * 1000);
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	int64_t start = clock_ns(CLOCK_MONOTONIC), before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	const char *kind = argument(argc, argv, 1), *amount = argument(argc, argv, 2);
	size_t bytes = 0;

	spent = mmap(NULL, sizeof *spent, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (spent == MAP_FAILED)
		broken("mmap");
	if (!spend(kind, amount)) {
		bytes = strtoull(amount, NULL, 10);
		hold(kind, bytes, argc > 3 ? argv[3] : "/tmp/account");
	}
	printf("%lld %lld %zu", (long long)(*spent + clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before),
	       (long long)(clock_ns(CLOCK_MONOTONIC) - start), bytes);
	print_rusage(before);
	return 0;
}
