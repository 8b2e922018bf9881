/* Leaves at a path something that is not an honest result file. */
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "probe.h"

static int make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static int make_sparse(const char *path, off_t size)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0644);

	return fd < 0 ? -1 : ftruncate(fd, size);
}

static int make_unreadable(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0000);

	return fd < 0 || write(fd, "mine\n", 5) != 5 ? -1 : fchmod(fd, 0);
}

/* A process of its own session keeps the file growing while it is being read. */
static int make_growing(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0644);
	char block[4096] = { 0 };

	if (fork() == 0) {
		setsid();
		while (write(fd, block, sizeof block) > 0)
			continue;
		_exit(0);
	}
	usleep(20000);
	return fd;
}

int main(int argc, char **argv)
{
	const char *kind = argument(argc, argv, 1), *path = argument(argc, argv, 2);
	const char *to = argc > 3 ? argv[3] : "";
	int result = -1;

	if (strcmp(kind, "symlink") == 0)
		result = symlink(to, path);
	else if (strcmp(kind, "hardlink") == 0)
		result = link(to, path);
	else if (strcmp(kind, "fifo") == 0)
		result = mkfifo(path, 0666);
	else if (strcmp(kind, "socket") == 0)
		result = make_socket(path);
	else if (strcmp(kind, "device") == 0)
		result = mknod(path, S_IFBLK | 0666, makedev(254, 0));
	else if (strcmp(kind, "sparse") == 0)
		result = make_sparse(path, atoll(to));
	else if (strcmp(kind, "directory") == 0)
		result = mkdir(path, 0777);
	else if (strcmp(kind, "unreadable") == 0)
		result = make_unreadable(path);
	else if (strcmp(kind, "growing") == 0)
		result = make_growing(path);
	if (result < 0)
		denied();
	printf("left %s\n", kind);
	return 0;
}
