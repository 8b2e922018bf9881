/*
 * Gives its stdout to whoever listens at a socket, prints and ends. Until that one takes it, or ends, the descriptor is in flight
 * (unix(7), SCM_RIGHTS), and the stream has no end of file. Usage: hand_over_output SOCKET
 */
#include "probe.h"

#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char word = 'x';
	struct iovec body = { &word, 1 };
	struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), out = 1;

	if (argc < 2)
		return 99;
	strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof out);
	memcpy(CMSG_DATA(&control.header), &out, sizeof out);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0 || sendmsg(fd, &message, 0) != 1)
		return 98;
	puts("handed over");
	return 0;
}
