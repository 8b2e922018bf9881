/* What ping(8) does, on the job's own loopback, over IPv4 and IPv6: an echo without a raw socket (icmp(7)). A raw socket is tried last. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "probe.h"

static void ping(int family, int protocol, const struct sockaddr *to, socklen_t size, unsigned char request, unsigned char reply)
{
	unsigned char echo[8] = { request, 0, 0, 0, 0, 0, 0, 1 }, answer[64];
	struct timeval patience = { .tv_sec = 30 };
	int fd = socket(family, SOCK_DGRAM, protocol);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 || sendto(fd, echo, sizeof echo, 0, to, size) < 0 ||
	    recv(fd, answer, sizeof answer, 0) < (ssize_t)sizeof echo || answer[0] != reply)
		denied();
	printf("reply over %s\n", family == AF_INET ? "IPv4" : "IPv6");
}

int main(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	ping(AF_INET, IPPROTO_ICMP, (struct sockaddr *)&v4, sizeof v4, ICMP_ECHO, ICMP_ECHOREPLY);
	ping(AF_INET6, IPPROTO_ICMPV6, (struct sockaddr *)&v6, sizeof v6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY);
	if (socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0)
		puts("a raw socket");
	return 0;
}
