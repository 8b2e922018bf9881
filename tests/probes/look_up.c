/*
 * Asks musl's resolver, which knows no nsswitch.conf, for the addresses of NAME...: "NAME found" or "NAME CODE", each with "late" after 2 s.
 * -b: binds port 53 itself; -t: talks to itself over TCP after a question.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "probe.h"

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void look_up(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	long begin = milliseconds();
	int error = getaddrinfo(name, "80", &hints, &found);
	const char *late = milliseconds() - begin > 2000 ? " late" : "";

	if (error == 0)
		printf("%s found%s\n", name, late);
	else
		printf("%s %s%s\n", name, error == EAI_NONAME ? "ENOTFOUND" : error == EAI_AGAIN ? "EAI_AGAIN" : gai_strerror(error), late);
}

static void bind_port(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(53) };

	if (bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&any, sizeof any) < 0)
		denied();
	puts("bound");
}

static void talk(int family)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t length = family == AF_INET ? sizeof four : sizeof six;
	int server = socket(family, SOCK_STREAM, 0), client = socket(family, SOCK_STREAM, 0);

	if (bind(server, address, length) < 0 || listen(server, 1) < 0 || getsockname(server, address, &length) < 0 ||
	    connect(client, address, length) < 0)
		printf("denied %s\n", errno_name(errno));
	else
		puts("connected");
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-b") == 0) {
			bind_port();
		} else if (strcmp(argv[i], "-t") == 0) {
			talk(AF_INET);
			talk(AF_INET6);
		} else {
			look_up(argv[i]);
		}
	return 0;
}
