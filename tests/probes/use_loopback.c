/* Talks to itself over 127.0.0.1. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "probe.h"

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof address;
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(server, (struct sockaddr *)&address, length) < 0 || listen(server, 1) < 0)
		denied();
	getsockname(server, (struct sockaddr *)&address, &length);
	if (connect(client, (struct sockaddr *)&address, length) < 0)
		denied();
	puts("connected");
	return 0;
}
