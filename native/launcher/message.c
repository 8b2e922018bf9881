/*
 * Job messages: one byte and the descriptors of enum FD_*, from the host to the launcher and from the
 * launcher to a pre-forked pid 1.
 */
#include "message.h"

#include "plan.h"
#include "sys.h"

#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * PLAN_MAX_FDS)];
};

/* The number of descriptors, -1 with errno, or -2 at the end of the socket. */
int message_receive(int socket_fd, int flags, int *fds)
{
	union control control;
	char word;
	struct iovec body = { &word, sizeof word };
	struct msghdr message = { .msg_iov = &body,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof control.bytes };
	ssize_t size = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | flags);
	size_t bytes;

	if (size <= 0)
		return size < 0 ? -1 : -2;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
			bytes = header->cmsg_len - CMSG_LEN(0);
			memcpy(fds, CMSG_DATA(header), bytes);
			return (int)(bytes / sizeof(int));
		}
	return 0;
}

/* Without waiting. */
int message_receive_words(int socket_fd, unsigned char *words, int *fds, int *count)
{
	union control control;
	struct iovec body = { words, MESSAGE_WORDS };
	struct msghdr message = { .msg_iov = &body,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof control.bytes };
	ssize_t size = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *header = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	*count = 0;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		size_t bytes = header->cmsg_len - CMSG_LEN(0);

		memcpy(fds, CMSG_DATA(header), bytes);
		*count = (int)(bytes / sizeof(int));
	}
	return (int)size;
}

int message_send_words(int socket_fd, const unsigned char *words, int size, const int *fds, int count)
{
	union control control = { 0 };
	struct iovec body = { (void *)(uintptr_t)words, (size_t)size };
	struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1 };
	size_t bytes = sizeof(int) * (size_t)count;

	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.header), fds, bytes);
	}
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

/* A number and one descriptor, without waiting; -1 if there is none. */
int message_receive_command(int socket_fd, int32_t *word, int *fd)
{
	union control control;
	struct iovec body = { word, sizeof *word };
	struct msghdr message = { .msg_iov = &body,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *header;

	if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof *word)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(fd, CMSG_DATA(header), sizeof *fd);
	return 0;
}

int message_send_command(int socket_fd, int32_t word, int fd)
{
	union control control = { 0 };
	struct iovec body = { &word, sizeof word };
	struct msghdr message = { .msg_iov = &body,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = CMSG_SPACE(sizeof fd) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int message_send(int socket_fd, const int *fds, int count)
{
	union control control = { 0 };
	char word = 'J';
	struct iovec body = { &word, sizeof word };
	size_t bytes = sizeof(int) * (size_t)count;
	struct msghdr message = { .msg_iov = &body,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = CMSG_SPACE(bytes) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(&control.header), fds, bytes);
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
