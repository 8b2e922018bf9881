#include "server_call.h"
#include "bare.h"

#include <sys/un.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

#define ACCEPT_MS 2000
#define STREAMS 3

struct head {
	char magic[8];
	uint32_t flags;
	uint32_t directory_bytes;
	uint32_t job_bytes;
	uint32_t result_bytes;
	uint32_t result_given;
};

static int same_link(pid_t pid, const char *name)
{
	char of_it[64], of_us[64], theirs[64], ours[64];
	struct words it = { of_it, sizeof of_it, 0 }, us = { of_us, sizeof of_us, 0 };
	long length;

	add(&it, "/proc/");
	add_number(&it, (unsigned long)pid);
	add(&it, "/ns/");
	add(&it, name);
	add(&us, "/proc/self/ns/");
	add(&us, name);
	length = bare_read_link(of_it, theirs, sizeof theirs);
	return length > 0 && length < (long)sizeof theirs && bare_read_link(of_us, ours, sizeof ours) == length &&
	       same_start(theirs, ours, (size_t)length);
}

/*
 * Who listens: this user, in our namespaces. A job that was given the socket's directory could listen there in the server's place.
 * The pidfd says that the number still is that process (SO_PEERPIDFD); before Linux 6.5, that it is one process that is looked at.
 */
static int is_ours(int connection)
{
	struct {
		pid_t pid;
		uid_t uid;
		gid_t gid;
	} peer; /* struct ucred */
	struct pollfd alive = { .fd = -1, .events = POLLIN };
	socklen_t size = sizeof peer, fd_size = sizeof alive.fd;
	long error;
	int ours;

	if (CALL(getsockopt, connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != (uid_t)CALL(geteuid, 0) ||
	    peer.pid <= 0)
		return 0;
	error = CALL(getsockopt, connection, SOL_SOCKET, SO_PEERPIDFD, &alive.fd, &fd_size);
	if (error == -ENOPROTOOPT)
		alive.fd = (int)CALL(pidfd_open, peer.pid, 0);
	if (alive.fd < 0)
		return 0;
	ours = same_link(peer.pid, "user") && same_link(peer.pid, "pid") && same_link(peer.pid, "mnt") &&
	       bare_poll(&alive, 1, 0) == 0;
	bare_close(alive.fd);
	return ours;
}

int server_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct words words = { address.sun_path, sizeof address.sun_path, 0 };
	long error;
	int fd;

	add(&words, path);
	add(&words, SUFFIX);
	if (!fits(&words))
		return -ENAMETOOLONG;
	fd = (int)CALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	/* non-blocking: a full backlog is no answer (EAGAIN), and nothing to wait for */
	error = CALL(connect, fd, &address, sizeof address);
	if (error == 0)
		return fd;
	bare_close(fd);
	return (int)error;
}

int server_send(int connection, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		long count = CALL(sendto, connection, at, size, MSG_NOSIGNAL);
		struct pollfd ready = { .fd = connection, .events = POLLOUT };

		if (count == -EAGAIN) {
			if (bare_poll(&ready, 1, ACCEPT_MS) <= 0)
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
		for (int i = 0; i < STREAMS; i++)
			((int *)CMSG_DATA(&control.head))[i] = streams[i];
	}
	return CALL(sendmsg, connection, &message, MSG_NOSIGNAL) == (long)sizeof *head ? 0 : -1;
}

char server_offer(int connection, const struct job_request *request)
{
	struct head head = { .magic = "SBXEXEC2",
			     .flags = request->flags,
			     .directory_bytes = (uint32_t)length_of(request->directory),
			     .job_bytes = request->job_bytes,
			     .result_bytes = request->result == NULL ? 0 : (uint32_t)length_of(request->result),
			     .result_given = request->result_given };
	struct pollfd ready = { .fd = connection, .events = POLLIN };
	char answer;

	/* what it would run is not what this process would */
	if (!is_ours(connection))
		return BY_YOURSELF;
	/* what was not sent may have been answered all the same: a server that does not want it does not read on */
	if (send_head(connection, &head, request->streams) == 0 &&
	    server_send(connection, request->directory, head.directory_bytes) == 0 &&
	    (head.result_bytes == 0 || server_send(connection, request->result, head.result_bytes) == 0))
		server_send(connection, request->job, request->job_bytes);
	return bare_poll(&ready, 1, ACCEPT_MS) == 1 && bare_read(connection, &answer, 1) == 1 ? answer : NO_ANSWER;
}

/* As many bytes as asked for; 0 if the connection ends before. The listener is heard meanwhile. */
static int receive(int connection, struct listener *listener, void *to, size_t size)
{
	char *at = to;

	while (size > 0) {
		struct pollfd either[] = { { .fd = connection, .events = POLLIN },
					   { .fd = listener->descriptor, .events = POLLIN } };
		long count = bare_poll(either, 2, -1);

		if (count < 0 && count != -EINTR)
			return 0;
		if (count > 0 && either[1].revents)
			listener->take(listener, connection);
		count = CALL(recvfrom, connection, at, size, MSG_DONTWAIT);
		if (count == 0 || (count < 0 && count != -EAGAIN && count != -EINTR))
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
	    (answer->result = bare_map((size_t)head.bytes + 1)) == NULL)
		return LOST;
	if (!receive(connection, listener, answer->result, head.bytes)) {
		bare_unmap(answer->result, (size_t)head.bytes + 1);
		answer->result = NULL;
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
	long count = bare_read(listener->descriptor, said, sizeof said);

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
	bare_close(connection);
	return said;
}

void sandbox_free_answer(struct job_answer *answer)
{
	bare_unmap(answer->result, (size_t)answer->bytes + 1);
	answer->result = NULL;
}
