/*
 * What two jobs could tell each other by the files of their roots: share_root look|leave|hold
 *
 * Prints the identity of the root's file system, which is random, and when its parts were last read, then reads and locks each of them; "escaped" if another job holds one.
 * "leave" has the locked descriptors outlive the process, in sockets that refer to each other; "hold" keeps them for a while, and prints when
 * that began and ended.
 */
#include "probe.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/vfs.h>

static const char *const parts[] = { "/", "/etc", "/etc/passwd", "/dev", "/usr", "/usr/bin/env" };
enum { PARTS = sizeof parts / sizeof *parts };
static int open_parts[PARTS];

/* Of the file systems made by the sandbox: the host's have times of their own. */
static void print_times(void)
{
	struct statfs root;
	struct stat status;
	uint64_t identity;

	if (statfs("/", &root) < 0)
		broken("statfs");
	memcpy(&identity, &root.f_fsid, sizeof identity);
	printf("root %llx", (unsigned long long)identity);
	for (int i = 0; i < 4; i++) {
		if (stat(parts[i], &status) < 0)
			broken(parts[i]);
		printf(" %lld.%09ld", (long long)status.st_atim.tv_sec, status.st_atim.tv_nsec);
	}
	printf("\n");
}

static void read_and_lock(const char *path, int fd)
{
	char bytes[4096];

	if (read(fd, bytes, sizeof bytes) < 0 && errno == EISDIR)
		syscall(SYS_getdents64, fd, bytes, sizeof bytes);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		escaped("%s is locked by somebody else", path);
}

static void send_on(int socket, const int *fds, int count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(PARTS * sizeof(int))];
	} control = { 0 };
	struct iovec body = { "", 1 };
	struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1, .msg_control = &control };

	message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
	if (sendmsg(socket, &message, 0) < 0)
		broken("sendmsg");
}

static void print_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
}

int main(int argc, char **argv)
{
	const char *what = argument(argc, argv, 1);
	int pair[2];

	print_times();
	for (int i = 0; i < PARTS; i++) {
		open_parts[i] = open(parts[i], O_RDONLY);
		if (open_parts[i] < 0)
			broken(parts[i]);
		read_and_lock(parts[i], open_parts[i]);
	}
	fflush(stdout);
	if (strcmp(what, "hold") == 0) {
		print_time();
		usleep(100000);
		print_time();
	}
	if (strcmp(what, "leave") != 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		broken("socketpair");
	send_on(pair[0], open_parts, PARTS);
	/* each is on its way through the other */
	send_on(pair[0], pair, 2);
	send_on(pair[1], pair, 2);
	return 0;
}
