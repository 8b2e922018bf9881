/* Passes descriptors to itself in flight, out of reach of close(): many sockets, each with a cargo.
 */
#include <sys/socket.h>

#include "probe.h"

int main(void)
{
	int pair[2], sent = 0;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		broken("socketpair");
	for (; sent < 4096; sent++) {
		char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
		struct iovec data = { &byte, 1 };
		struct msghdr message = { .msg_iov = &data,
					  .msg_iovlen = 1,
					  .msg_control = control,
					  .msg_controllen = sizeof control };
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &pair[0], sizeof(int));
		if (sendmsg(pair[1], &message, MSG_DONTWAIT) < 0)
			break;
	}
	printf("in flight %d\n", sent);
	return 0;
}
