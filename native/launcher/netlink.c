/*
 * Requests to the kernel's network configuration.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* plan.h, which defines it for others, uses this module */
#endif
#include "netlink.h"

#include "sys.h"

#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

int netlink_open(int protocol)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
}

int netlink_is_whole(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	struct nlmsghdr header;

	while (size >= sizeof header) {
		memcpy(&header, at, sizeof header);
		if (header.nlmsg_len < sizeof header || header.nlmsg_len % NLMSG_ALIGNTO != 0 ||
		    header.nlmsg_len > size)
			return 0;
		at += header.nlmsg_len;
		size -= header.nlmsg_len;
	}
	return size == 0;
}

static unsigned acknowledgements(const void *messages, size_t size)
{
	const unsigned char *at = messages;
	struct nlmsghdr header;
	unsigned count = 0;

	for (; size > 0; at += header.nlmsg_len, size -= header.nlmsg_len) {
		memcpy(&header, at, sizeof header);
		count += (header.nlmsg_flags & NLM_F_ACK) != 0;
	}
	return count;
}

/* How many of the answers in one datagram say that all is well; -1 with errno for one that does not. */
static int count_answers(const unsigned char *at, size_t size, uint32_t *failed)
{
	struct nlmsghdr header;
	int count = 0, error;

	while (size >= sizeof header + sizeof error) {
		memcpy(&header, at, sizeof header);
		memcpy(&error, at + sizeof header, sizeof error);
		if (header.nlmsg_type != NLMSG_ERROR || error != 0) {
			*failed = header.nlmsg_seq;
			errno = header.nlmsg_type == NLMSG_ERROR ? -error : EPROTO;
			return -1;
		}
		count++;
		if (NLMSG_ALIGN(header.nlmsg_len) >= size)
			break;
		at += NLMSG_ALIGN(header.nlmsg_len);
		size -= NLMSG_ALIGN(header.nlmsg_len);
	}
	return count;
}

/* The kernel answers before send(2) returns (rtnetlink_rcv, net/core/rtnetlink.c; nfnetlink_rcv_batch, net/netfilter/nfnetlink.c). */
int netlink_send(int fd, const void *messages, size_t size, uint32_t *failed)
{
	_Alignas(struct nlmsghdr) unsigned char answers[8192];
	unsigned wanted = acknowledgements(messages, size);
	ssize_t got;
	int count;

	*failed = 0;
	if (send(fd, messages, size, 0) < 0)
		return -1;
	while ((got = recv(fd, answers, sizeof answers, MSG_DONTWAIT)) > 0) {
		count = count_answers(answers, (size_t)got, failed);
		if (count < 0)
			return -1;
		wanted -= (unsigned)count <= wanted ? (unsigned)count : wanted;
	}
	if (got < 0 && errno != EAGAIN)
		return -1;
	errno = EPROTO;
	return wanted == 0 ? 0 : -1;
}
