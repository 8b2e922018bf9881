/* Ends by SIGXFSZ: because it goes past the limit on file sizes, in one of the ways there are, or because it is sent the
 * signal, in one of those. */
#include <pthread.h>

#include "probe.h"

static int new_file(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);

	if (fd < 0)
		broken("open");
	return fd;
}

static void fill(int fd)
{
	static char block[1 << 16];

	while (write(fd, block, sizeof block) > 0)
		;
	broken("write");
}

static void *fill_by_thread(void *path)
{
	fill(new_file(path));
	return NULL;
}

static pid_t child_sends(pid_t to)
{
	pid_t child = fork();

	if (child == 0) {
		kill(to, SIGXFSZ);
		_exit(0);
	}
	return child;
}

static void exceed(const char *way)
{
	struct rlimit limit;
	pthread_t thread;
	int status, fd = new_file("/work/file");

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		broken("getrlimit");
	if (strcmp(way, "write") == 0)
		fill(fd);
	else if (strcmp(way, "write unlinked") == 0)
		unlink("/work/file"), fill(fd);
	else if (strcmp(way, "write memfd") == 0)
		fill(memfd_create("x", 0));
	else if (strcmp(way, "write bind") == 0)
		fill(new_file("/bind/file"));
	else if (strcmp(way, "write thread") == 0)
		pthread_create(&thread, NULL, fill_by_thread, "/work/other"), pthread_join(thread, NULL);
	else if (strcmp(way, "truncate") == 0)
		ftruncate(fd, (off_t)limit.rlim_cur + 1);
	else if (strcmp(way, "fallocate") == 0)
		fallocate(fd, 0, 0, (off_t)limit.rlim_cur + 1);
	else if (strcmp(way, "seek") == 0)
		pwrite(fd, "x", 1, (off_t)limit.rlim_cur);
	else if (strcmp(way, "write after a child was sent it") == 0) {
		pid_t child = fork();

		if (child == 0)
			pause(), _exit(0);
		kill(child, SIGXFSZ), waitpid(child, &status, 0), fill(fd);
	}
}

static void send_itself(const char *way)
{
	union sigval value = { 0 };
	struct rlimit lower = { 4096, 4096 };

	if (strcmp(way, "raise") == 0)
		raise(SIGXFSZ);
	else if (strcmp(way, "kill") == 0)
		kill(getpid(), SIGXFSZ);
	else if (strcmp(way, "group") == 0)
		kill(0, SIGXFSZ);
	else if (strcmp(way, "everybody") == 0)
		child_sends(-1), pause();
	else if (strcmp(way, "tkill") == 0)
		syscall(SYS_tkill, getpid(), SIGXFSZ);
	else if (strcmp(way, "sigqueue") == 0)
		sigqueue(getpid(), SIGXFSZ, value);
	else if (strcmp(way, "pidfd") == 0)
		syscall(SYS_pidfd_send_signal, (int)syscall(SYS_pidfd_open, getpid(), 0), SIGXFSZ, NULL, 0);
	else if (strcmp(way, "child") == 0)
		child_sends(getpid()), pause();
	else if (strcmp(way, "high bits") == 0)
		syscall(SYS_kill, 0x500000000ul | (unsigned)getpid(), 0x700000000ul | SIGXFSZ);
	else if (strcmp(way, "own limit") == 0)
		setrlimit(RLIMIT_FSIZE, &lower), fill(new_file("/work/file"));
}

int main(int argc, char **argv)
{
	exceed(argument(argc, argv, 1));
	send_itself(argument(argc, argv, 1));
	escaped("still there");
}
