/*
 * Who is at the other end of a socket. A job has the caller's uid outside; what it lacks to be the caller are the caller's user and
 * pid namespaces (user_namespaces(7), pid_namespaces(7)). Whoever cannot be looked at is let in by nobody.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* struct ucred */
#endif
#include "peer.h"

#include "sys.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef SO_PEERPIDFD /* Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

static int shares_namespace(pid_t pid, const char *kind)
{
	struct stat ours, theirs;
	char path[48];

	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	if (stat(path, &ours) < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
	return stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Its number may be another process's once it has ended; a pidfd tells (pidfd_open(2)). Before Linux 6.5 a race remains. */
static int has_ended(int fd)
{
	socklen_t size = sizeof(int);
	int low = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &low, &size) < 0)
		return 0;
	autoclose int pidfd = low;
	struct pollfd event = { .fd = pidfd, .events = POLLIN };

	return poll(&event, 1, 0) != 0;
}

int peer_is_caller(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid() && peer.pid > 0 &&
	       shares_namespace(peer.pid, "user") && shares_namespace(peer.pid, "pid") && !has_ended(fd);
}
