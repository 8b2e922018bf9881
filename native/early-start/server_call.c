#define _GNU_SOURCE
#include "server_call.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

#define ACCEPT_MS 2000
#define STREAMS 3

struct head {
	char magic[8];
	uint32_t is_pretty;
	uint32_t directory_bytes;
	uint32_t job_bytes;
};

static int same_link(pid_t pid, const char *name)
{
	char path[64], theirs[64], ours[64];
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, name);
	length = readlink(path, theirs, sizeof theirs);
	snprintf(path, sizeof path, "/proc/self/ns/%s", name);
	return length > 0 && length < (ssize_t)sizeof theirs && readlink(path, ours, sizeof ours) == length &&
	       memcmp(theirs, ours, (size_t)length) == 0;
}

/*
 * Who listens: this user, in our namespaces. A job that was given the socket's directory could listen there in the server's place.
 * The pidfd says that the number still is that process (SO_PEERPIDFD); before Linux 6.5, that it is one process that is looked at.
 */
static int is_ours(int connection)
{
	struct ucred peer;
	struct pollfd alive = { .fd = -1, .events = POLLIN };
	socklen_t size = sizeof peer, fd_size = sizeof alive.fd;
	int ours;

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid() ||
	    peer.pid <= 0)
		return 0;
	if (getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &alive.fd, &fd_size) < 0 && errno == ENOPROTOOPT)
		alive.fd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	if (alive.fd < 0)
		return 0;
	ours = same_link(peer.pid, "user") && same_link(peer.pid, "pid") && same_link(peer.pid, "mnt") &&
	       poll(&alive, 1, 0) == 0;
	close(alive.fd);
	return ours;
}

int server_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (snprintf(address.sun_path, sizeof address.sun_path, "%s" SUFFIX, path) >=
	    (int)sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* non-blocking: a full backlog is no answer (EAGAIN), and nothing to wait for */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int server_send(int connection, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t count = send(connection, at, size, MSG_NOSIGNAL);
		struct pollfd ready = { .fd = connection, .events = POLLOUT };

		if (count < 0 && errno == EAGAIN) {
			if (poll(&ready, 1, ACCEPT_MS) <= 0)
				return -1;
			continue;
		}
		if (count < 0)
			return -1;
		at += count;
		size -= (size_t)count;
	}
	return 0;
}

/* With the streams (unix(7), SCM_RIGHTS). It is the first that is sent, and goes into an empty buffer whole. */
static int send_head(int connection, const struct head *head, const int *streams)
{
	union {
		char bytes[CMSG_SPACE(STREAMS * sizeof(int))];
		struct cmsghdr head;
	} control = { 0 };
	struct iovec part = { .iov_base = (void *)head, .iov_len = sizeof *head };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (streams != NULL) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(STREAMS * sizeof(int));
		memcpy(CMSG_DATA(&control.head), streams, STREAMS * sizeof(int));
	}
	return sendmsg(connection, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *head ? 0 : -1;
}

char server_offer(int connection, const struct job_request *request)
{
	struct head head = { .magic = "SBXEXEC1",
			     .is_pretty = request->is_pretty,
			     .directory_bytes = (uint32_t)strlen(request->directory),
			     .job_bytes = request->job_bytes };
	struct pollfd ready = { .fd = connection, .events = POLLIN };
	char answer;

	/* what it would run is not what this process would */
	if (!is_ours(connection))
		return BY_YOURSELF;
	/* what was not sent may have been answered all the same: a server that does not want it does not read on */
	if (send_head(connection, &head, request->streams) == 0 &&
	    server_send(connection, request->directory, head.directory_bytes) == 0)
		server_send(connection, request->job, request->job_bytes);
	return poll(&ready, 1, ACCEPT_MS) == 1 && recv(connection, &answer, 1, 0) == 1 ? answer : NO_ANSWER;
}

/* As many bytes as asked for; 0 if the connection ends before. The listener is heard meanwhile. */
static int receive(int connection, struct listener *listener, void *to, size_t size)
{
	char *at = to;

	while (size > 0) {
		struct pollfd either[] = { { .fd = connection, .events = POLLIN },
					   { .fd = listener->descriptor, .events = POLLIN } };
		ssize_t count;

		if (poll(either, 2, -1) < 0 && errno != EINTR)
			return 0;
		if (either[1].revents)
			listener->take(listener, connection);
		count = recv(connection, at, size, MSG_DONTWAIT);
		if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
			return 0;
		if (count > 0) {
			at += count;
			size -= (size_t)count;
		}
	}
	return 1;
}

char server_follow(int connection, struct listener *listener, struct job_answer *answer)
{
	char kind;
	struct {
		int32_t status;
		int32_t has_no_program;
		uint32_t bytes;
	} head;

	if (server_send(connection, (char[]){ GO }, 1) < 0)
		return LOST;
	do {
		if (!receive(connection, listener, &kind, 1))
			return LOST;
		if (kind == STARTED && answer->has_started != NULL)
			__atomic_store_n(answer->has_started, 1, __ATOMIC_RELEASE);
	} while (kind == STARTED);
	if (kind == NOT_TAKEN || kind == BY_YOURSELF)
		return kind;
	if (kind != RESULT || !receive(connection, listener, &head, sizeof head) ||
	    (answer->result = malloc((size_t)head.bytes + 1)) == NULL)
		return LOST;
	if (!receive(connection, listener, answer->result, head.bytes)) {
		free(answer->result);
		return LOST;
	}
	answer->bytes = head.bytes;
	answer->status = head.status;
	answer->has_no_program = head.has_no_program;
	return RESULT;
}

static void forward(struct listener *listener, int connection)
{
	char said[64];
	ssize_t count = read(listener->descriptor, said, sizeof said);

	if (count > 0)
		server_send(connection, said, (size_t)count);
	else
		listener->descriptor = -1; /* nothing more is to be said (poll(2) passes it over) */
}

char sandbox_call_server(const char *server, const struct job_request *request, int messages,
			 struct job_answer *answer)
{
	struct listener listener = { .descriptor = messages, .take = forward };
	int connection = server_connect(server);
	char said;

	if (connection < 0)
		return NOBODY;
	said = server_offer(connection, request);
	if (said == ACCEPTED)
		said = server_follow(connection, &listener, answer);
	close(connection);
	return said;
}

void sandbox_free_answer(struct job_answer *answer)
{
	free(answer->result);
	answer->result = NULL;
}
