/*
 * Asks for files of the host in place of the managed host, which could not end while a thread of it waits for a server that
 * never answers. One record is one path: 'r' if it will be read, 's' if it is only to be there. Each is answered by one byte.
 */
#include "look.h"

#include "sys.h"

#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <signal.h>

/* Whether it answers, not what: errors are found again by whoever needs the file. */
static void look_at(const char *path, int reads)
{
	char bytes[1024];
	struct statfs file_system;
	struct stat status;

	/* a device may do something when it is opened, a FIFO has nothing to say to us */
	if (stat(path, &status) < 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return;
	statfs(path, &file_system);
	if (!reads)
		return;
	autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (S_ISDIR(status.st_mode)) {
		syscall(SYS_getdents64, fd, bytes, sizeof bytes);
		return;
	}
	if (pread(fd, bytes, 1, 0) == 1 && status.st_size > 1)
		pread(fd, bytes, 1, status.st_size - 1);
}

int look_main(int socket_fd)
{
	char record[1 + PATH_MAX];
	ssize_t size;

	/* whoever asked is gone: so are we, unless we are stuck */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while ((size = recv(socket_fd, record, sizeof record, 0)) > 1) {
		record[size - 1] = 0;
		look_at(record + 1, record[0] == 'r');
		if (send(socket_fd, "", 1, MSG_NOSIGNAL) < 0)
			return 1;
	}
	return 0;
}
