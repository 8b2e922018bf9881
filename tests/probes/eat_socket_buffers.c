/*
 * Fills socket buffers, which no RSS, no RLIMIT_AS and no tmpfs sees. WAY: stream, datagram (both
 * ends stay open), closed (the sender closes, byte by byte before), waiting (connections that nobody
 * accepts, their clients gone), loopback (TCP). PROCESSES share the bytes.
 */
#include "probe.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static char block[32 << 10];

/* Bytes that went in before the other side's queue was full. */
static size_t fill(int fd, size_t size)
{
	size_t bytes = 0;
	ssize_t sent;

	while ((sent = send(fd, block, size, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		bytes += (size_t)sent;
	return bytes;
}

static size_t fill_pair(int type, int closes)
{
	int ends[2], most = 1 << 30;
	size_t bytes;

	if (socketpair(AF_UNIX, type, 0, ends) < 0)
		return 0;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
	if (!closes)
		return fill(ends[0], sizeof block);
	/* the kernel spends hundreds of bytes on each of these */
	bytes = fill(ends[0], 1) * 512;
	close(ends[0]);
	return bytes;
}

static int listener(int family, const struct sockaddr *address, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM, 0);

	return fd < 0 || bind(fd, address, size) < 0 || listen(fd, 4096) < 0 ? -1 : fd;
}

static size_t fill_connection(int family, const struct sockaddr *address, socklen_t size, int closes)
{
	int most = 1 << 30, fd = socket(family, SOCK_STREAM, 0);
	size_t bytes;

	if (fd < 0 || connect(fd, address, size) < 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
	bytes = fill(fd, sizeof block);
	if (closes)
		close(fd);
	return bytes;
}

static size_t fill_all(const char *way, size_t wanted)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in inet = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof inet, local_size = offsetof(struct sockaddr_un, sun_path) + 12;
	size_t have = 0, more = 1;
	int fd = 0;

	snprintf(local.sun_path + 1, 16, "wait%07d", (int)getpid());
	if (!strcmp(way, "waiting"))
		fd = listener(AF_UNIX, (struct sockaddr *)&local, local_size);
	if (!strcmp(way, "loopback")) {
		fd = listener(AF_INET, (struct sockaddr *)&inet, size);
		getsockname(fd, (struct sockaddr *)&inet, &size);
	}
	if (fd < 0)
		broken("listen");
	for (; have < wanted && more > 0; have += more)
		if (!strcmp(way, "waiting"))
			more = fill_connection(AF_UNIX, (struct sockaddr *)&local, local_size, 1);
		else if (!strcmp(way, "loopback"))
			more = fill_connection(AF_INET, (struct sockaddr *)&inet, size, 0);
		else
			more = fill_pair(!strcmp(way, "datagram") ? SOCK_DGRAM : SOCK_STREAM,
					 !strcmp(way, "closed"));
	return have;
}

int main(int argc, char **argv)
{
	size_t bytes = strtoull(argument(argc, argv, 1), NULL, 10);
	const char *way = argc > 2 ? argv[2] : "stream";
	int processes = argc > 3 ? atoi(argv[3]) : 1;
	int pipe_ends[2];
	size_t have = 0, one;

	if (pipe(pipe_ends) < 0)
		broken("pipe");
	for (int i = 0; i < processes; i++)
		if (fork() == 0) {
			one = fill_all(way, bytes / (size_t)processes);
			if (write(pipe_ends[1], &one, sizeof one) < 0)
				_exit(1);
			pause();
		}
	for (int i = 0; i < processes; i++)
		if (read(pipe_ends[0], &one, sizeof one) == sizeof one)
			have += one;
	sleep(2);
	if (have < bytes / 2) {
		errno = EMFILE;
		denied();
	}
	printf("escaped: %zu bytes in socket buffers\n", have);
	fflush(stdout);
	kill(0, SIGKILL);
}
