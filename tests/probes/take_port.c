/* Tries to listen on a port that somebody has, on its address and on all of them, with leave to share it and without. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "probe.h"

static void take(int family, int type, int port, int any, int option)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	const int on = 1;
	int fd = socket(family, type, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		return;
	v4.sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK);
	v6.sin6_addr = any ? in6addr_any : in6addr_loopback;
	if (option)
		setsockopt(fd, SOL_SOCKET, option, &on, sizeof on);
	if (bind(fd, family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, family == AF_INET ? sizeof v4 : sizeof v6) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, 1) == 0))
		escaped("%s %s port %d, option %d", family == AF_INET ? "IPv4" : "IPv6", any ? "any" : "loopback", port, option);
	if (errno != EADDRINUSE)
		escaped("%s", errno_name(errno));
	close(fd);
}

int main(int argc, char **argv)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };
	int port = atoi(argument(argc, argv, 1));

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		for (int any = 0; any < 2; any++) {
			take(AF_INET, SOCK_STREAM, port, any, options[i]);
			take(AF_INET, SOCK_DGRAM, port, any, options[i]);
			take(AF_INET6, SOCK_STREAM, port, any, options[i]);
			take(AF_INET6, SOCK_DGRAM, port, any, options[i]);
		}
	errno = EADDRINUSE;
	denied();
	return 0;
}
