/*
 * One TCP stream: "stream serve BYTES COUNT [any|PORT]" prints its port, of the loopback or of any address, and sends so many bytes to each of so many
 * clients; "stream read ADDRESS PORT" reads to the end and prints MiB/s from the first byte to the last.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char block[1 << 20];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int serve(long bytes, int count, const char *where)
{
	const int any = strcmp(where, "any") == 0;
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(where)),
	};
	socklen_t size = sizeof here;
	int port = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(port, (struct sockaddr *)&here, size) < 0 || listen(port, 16) < 0 ||
	    getsockname(port, (struct sockaddr *)&here, &size) < 0)
		return 1;
	printf("%d\n", ntohs(here.sin_port));
	fflush(stdout);
	while (count-- > 0) {
		int client = accept(port, NULL, NULL);

		for (long left = bytes; left > 0;) {
			ssize_t sent = send(client, block, left < (long)sizeof block ? (size_t)left : sizeof block, MSG_NOSIGNAL);

			if (sent <= 0)
				break;
			left -= sent;
		}
		close(client);
	}
	return 0;
}

static int read_all(const char *address, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *to;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	double begin = 0;
	long total = 0;
	ssize_t size;

	if (getaddrinfo(address, port, &hints, &to) || connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		return 1;
	while ((size = read(fd, block, sizeof block)) > 0) {
		begin = begin == 0 ? now() : begin;
		total += size;
	}
	printf("%.0f\n", (double)total / (1 << 20) / (now() - begin));
	return 0;
}

int main(int argc, char **argv)
{
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "serve") == 0)
		return serve(atol(argv[2]), atoi(argv[3]), argc == 5 ? argv[4] : "0");
	if (argc == 4 && strcmp(argv[1], "read") == 0)
		return read_all(argv[2], argv[3]);
	return 2;
}
