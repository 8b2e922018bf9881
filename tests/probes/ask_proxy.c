/*
 * Speaks with a proxy: HOST PORT WORD..., each word hexadecimal digits of what is said, after which what comes is printed: printable characters as they
 * are, others as <hh>. "-" says no more, "." waits for nothing.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "probe.h"

static size_t decode(const char *digits, unsigned char *to)
{
	size_t size = strlen(digits) / 2;
	unsigned value;

	for (size_t i = 0; i < size && sscanf(digits + 2 * i, "%2x", &value) == 1; i++)
		to[i] = (unsigned char)value;
	return size;
}

/* The end is told, too. */
static int hear(int fd)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	unsigned char bytes[4096];
	ssize_t size;

	if (poll(&answer, 1, 15000) == 0) {
		printf(" SILENCE");
		return 0;
	}
	size = recv(fd, bytes, sizeof bytes, 0);
	if (size <= 0) {
		printf(size < 0 ? " %s" : " END", errno_name(errno));
		return 0;
	}
	printf(" ");
	for (ssize_t i = 0; i < size; i++)
		printf(bytes[i] > ' ' && bytes[i] < 127 ? "%c" : "<%02x>", bytes[i]);
	return 1;
}

int main(int argc, char **argv)
{
	static unsigned char bytes[1 << 20];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argument(argc, argv, 2))) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, argument(argc, argv, 1), &to.sin_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		denied();
	printf("heard");
	for (int i = 3; i < argc; i++) {
		size_t size = decode(argv[i], bytes);

		if (strcmp(argv[i], "-") == 0)
			shutdown(fd, SHUT_WR);
		else if (size > 0 && send(fd, bytes, size, MSG_NOSIGNAL) < 0) {
			printf(" %s", errno_name(errno));
			break;
		}
		if (i + 1 < argc && strcmp(argv[i + 1], ".") == 0) {
			i++;
			continue;
		}
		if (!hear(fd))
			break;
	}
	printf("\n");
	return 0;
}
