/* Leaves this many descriptors in sockets unread, says so, and stays: hold_in_flight NUMBER */
#include "probe.h"

#include <sys/socket.h>

#define AT_ONCE 200 /* musl copies no more than a kilobyte of such messages */

static int send_many(int socket)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(AT_ONCE * sizeof(int))];
	} control = { 0 };
	struct iovec body = { "", 1 };
	struct msghdr message = {
		.msg_iov = &body, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(AT_ONCE * sizeof(int));
	for (int i = 0; i < AT_ONCE; i++)
		((int *)CMSG_DATA(&control.header))[i] = 1;
	return sendmsg(socket, &message, MSG_DONTWAIT) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	int wanted = atoi(argv[1]), sent = 0, pair[2];

	while (sent < wanted && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0)
		while (sent < wanted && send_many(pair[0]) == 0)
			sent += AT_ONCE;
	printf("%s\n", sent < wanted ? errno_name(errno) : "held");
	fflush(stdout);
	sleep(60);
}
