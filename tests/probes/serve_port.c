/*
 * Listens at "any" (0.0.0.0), "v6" (::1 alone) or "v4" (127.0.0.1) and a port, says so, and serves:
 *   echo N      N connections: what each says up to its end comes back, after "echo "
 *   once BYTES  one connection: says that many bytes, and is gone at once
 *   flood       every connection, for ever: writes without end, whether somebody reads or not
 *   hold        accepts for ever, says how many, reads nothing and closes nothing
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include "probe.h"

static int listener(const char *where, int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	const int is_v6 = strcmp(where, "v6") == 0;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	v4.sin_addr.s_addr = htonl(strcmp(where, "any") == 0 ? INADDR_ANY : INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4, is_v6 ? sizeof v6 : sizeof v4) < 0 || listen(fd, 64) < 0)
		denied();
	puts("listening");
	fflush(stdout);
	return fd;
}

static void say(int fd, const char *bytes, size_t size)
{
	ssize_t sent;

	for (; size > 0; bytes += sent, size -= (size_t)sent)
		if ((sent = write(fd, bytes, size)) < 0)
			return;
}

static void echo(int fd)
{
	static char text[65536];
	size_t size = 0;
	ssize_t got;

	while (size < sizeof text && (got = read(fd, text + size, sizeof text - size)) > 0)
		size += (size_t)got;
	say(fd, "echo ", 5);
	say(fd, text, size);
}

static void once(int fd, size_t size)
{
	static char block[4096];

	memset(block, 'x', sizeof block);
	for (; size >= sizeof block; size -= sizeof block)
		say(fd, block, sizeof block);
	say(fd, block, size);
}

static void flood(int fd)
{
	static char block[65536];

	while (write(fd, block, sizeof block) > 0)
		;
}

int main(int argc, char **argv)
{
	int port = atoi(argv[2]), fd = listener(argv[1], port), accepted = 0;

	signal(SIGPIPE, SIG_IGN);
	while (strcmp(argv[3], "echo") != 0 || accepted < atoi(argv[4])) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			denied();
		accepted++;
		if (strcmp(argv[3], "hold") == 0) {
			printf("accepted %d\n", accepted);
			fflush(stdout);
			continue;
		}
		if (strcmp(argv[3], "echo") == 0) {
			echo(client);
		} else if (strcmp(argv[3], "once") == 0) {
			once(client, (size_t)atol(argv[4]));
			return 0;
		} else {
			flood(client);
		}
		close(client);
	}
	return 0;
}
