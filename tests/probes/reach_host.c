/* Connects to an abstract socket (@name), one with a path (/path) or a loopback port (number) that a process of the
 * host listens on. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "probe.h"

int main(int argc, char **argv)
{
	const char *where = argument(argc, argv, 1);
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in remote = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(where)) };

	if (where[0] == '@') {
		memcpy(local.sun_path + 1, where + 1, strlen(where + 1));
		verdict(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&local,
				(socklen_t)(sizeof(sa_family_t) + strlen(where))),
			where);
	}
	if (where[0] == '/') {
		strncpy(local.sun_path, where, sizeof local.sun_path - 1);
		verdict(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&local, sizeof local), where);
	}
	remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	verdict(connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&remote, sizeof remote), where);
}
