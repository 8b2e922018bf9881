/*
 * One half of a covert channel: "leave" puts a mark where no other job may find it and waits for
 * stdin to end; "find" looks for the mark. Each kind is one place that namespaces might not cover.
 */
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "probe.h"

#define KEY 0x5a6d
static int leaving;

static int at_file(const char *path)
{
	return leaving ? open(path, O_CREAT | O_RDWR, 0666) : open(path, O_RDONLY);
}

static int at_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0sandbox-mark" };
	socklen_t length = sizeof(sa_family_t) + 13;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!leaving)
		return connect(fd, (struct sockaddr *)&address, length);
	return bind(fd, (struct sockaddr *)&address, length) < 0 ? -1 : listen(fd, 5);
}

static int at_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(43210) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!leaving)
		return connect(fd, (struct sockaddr *)&address, sizeof address);
	return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : listen(fd, 5);
}

static int at_lock(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	/* Finding the mark means that somebody else holds the lock. */
	int result = flock(fd, LOCK_EX | LOCK_NB);
	return leaving ? result : (result < 0 ? 0 : (errno = ENOENT, -1));
}

static int at_place(const char *kind, const char *path)
{
	if (strcmp(kind, "shm") == 0)
		return shmget(KEY, 4096, leaving ? IPC_CREAT | 0666 : 0);
	if (strcmp(kind, "sem") == 0)
		return semget(KEY, 1, leaving ? IPC_CREAT | 0666 : 0);
	if (strcmp(kind, "msg") == 0)
		return msgget(KEY, leaving ? IPC_CREAT | 0666 : 0);
	if (strcmp(kind, "mqueue") == 0)
		return (int)(leaving ? mq_open("/sandbox-mark", O_CREAT | O_RDWR, 0666, NULL)
				     : mq_open("/sandbox-mark", O_RDONLY));
	if (strcmp(kind, "abstract") == 0)
		return at_abstract();
	if (strcmp(kind, "port") == 0)
		return at_port();
	if (strcmp(kind, "lock") == 0)
		return at_lock(path);
	if (strcmp(kind, "file") == 0)
		return at_file(path);
	broken("kind");
}

int main(int argc, char **argv)
{
	const char *kind = argument(argc, argv, 1);
	char byte;

	leaving = strcmp(argument(argc, argv, 2), "leave") == 0;
	int result = at_place(kind, argc > 3 ? argv[3] : "");
	if (!leaving)
		verdict(result, kind);
	printf(result < 0 ? "denied %s\n" : "left\n", errno_name(errno));
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		continue;
	return 0;
}
