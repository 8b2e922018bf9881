/*
 * A job in a network of jobs: answer PORT COUNT (serves that many connections, and tells each who it is), visit HOST PORT (as soon as it is there, and prints
 * what comes), knock HOST PORT (for two seconds), scan FIRST (a datagram to each of 256 addresses, and what the kernel knows of them), change (what only
 * an administrator of the network may do), spoof FROM TO, foreign FROM TO (without the option that spoof asks for), ask PATH (the holder, by its socket),
 * mtu (of eth0, as the kernel tells everybody).
 */
#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "probe.h"

static struct sockaddr_in address_of(const char *text, const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		broken(text);
	return address;
}

static void answer(const char *port, int count)
{
	struct sockaddr_in address = address_of("0.0.0.0", port), peer;
	socklen_t size = sizeof peer;
	int fd = socket(AF_INET, SOCK_STREAM, 0), to;
	char text[INET_ADDRSTRLEN];

	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 16) < 0)
		broken("listen");
	while (count-- > 0) {
		to = accept(fd, (struct sockaddr *)&peer, &size);
		if (to < 0)
			broken("accept");
		write_all(to, inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text));
		close(to);
	}
	printf("answered\n");
}

/* Its job may not be there yet, or not listen. */
static void visit(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char text[64];
	ssize_t size;

	for (int tried = 0; tried < 1500; tried++, usleep(20000)) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (getaddrinfo(host, port, &hints, &found) == 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0) {
			size = read(fd, text, sizeof text - 1);
			text[size < 0 ? 0 : size] = 0;
			printf("met as %s\n", text);
			return;
		}
		close(fd);
	}
	denied();
}

static void knock(const char *host, const char *port)
{
	struct sockaddr_in address = address_of(host, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;
	struct pollfd event = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof error;

	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
		denied();
	if (poll(&event, 1, 2000) == 0) {
		printf("denied SILENCE\n");
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	errno = error;
	verdict(error ? -1 : 0, "connect");
}

static void scan(const char *first)
{
	struct sockaddr_in address = address_of(first, "9");
	const uint32_t subnet = ntohl(address.sin_addr.s_addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), refused = 0, known = 0, fixed = 0;
	char line[256], ip[64];
	unsigned type, flags;
	FILE *table;

	for (uint32_t last = 1; last < 255; last++) {
		address.sin_addr.s_addr = htonl(subnet + last);
		refused += sendto(fd, "?", 1, 0, (struct sockaddr *)&address, sizeof address) < 0;
	}
	table = fopen("/proc/net/arp", "r");
	if (!table)
		broken("/proc/net/arp");
	while (fgets(line, sizeof line, table))
		if (sscanf(line, "%63s 0x%x 0x%x", ip, &type, &flags) == 3) {
			known++;
			fixed += (flags & ATF_PERM) != 0;
		}
	printf("%d refused, %d known, %d of them fixed\n", refused, known, fixed);
}

static void tell(const char *what, long result)
{
	if (result < 0)
		printf("%s %s\n", what, errno_name(errno));
	else
		printf("%s escaped\n", what);
}

/* One request with one attribute; -1 with errno as the kernel answers it. */
static int request(int type, const void *header, size_t header_size, int attribute, const void *value, size_t size)
{
	struct {
		struct nlmsghdr header;
		char body[256];
	} message = { .header = { .nlmsg_type = (uint16_t)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE } };
	struct rtattr *at = (struct rtattr *)(message.body + NLMSG_ALIGN(header_size));
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} reply;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	memcpy(message.body, header, header_size);
	at->rta_type = (unsigned short)attribute;
	at->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(at), value, size);
	message.header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(header_size) + RTA_ALIGN(at->rta_len));
	if (fd < 0 || send(fd, &message, message.header.nlmsg_len, 0) < 0 || recv(fd, &reply, sizeof reply, 0) < 0)
		return -1;
	errno = -reply.error.error;
	return errno ? -1 : 0;
}

static void change(void)
{
	const struct ifinfomsg down = { .ifi_index = 2, .ifi_change = IFF_UP };
	const struct ifaddrmsg more = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 2 };
	const struct rtmsg route = { .rtm_family = AF_INET, .rtm_dst_len = 8, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST };
	const struct ndmsg neighbour = { .ndm_family = AF_INET, .ndm_ifindex = 2, .ndm_state = NUD_PERMANENT };
	const uint32_t address = htonl(0x0a5900c8);
	struct ifreq card = { .ifr_name = "eth0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;

	tell("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	tell("packet", socket(AF_PACKET, SOCK_RAW, htons(0x0003)));
	tell("link", request(RTM_NEWLINK, &down, sizeof down, IFLA_IFNAME, "eth9", 5));
	tell("address", request(RTM_NEWADDR, &more, sizeof more, IFA_LOCAL, &address, sizeof address));
	tell("route", request(RTM_NEWROUTE, &route, sizeof route, RTA_GATEWAY, &address, sizeof address));
	tell("neighbour", request(RTM_NEWNEIGH, &neighbour, sizeof neighbour, NDA_DST, &address, sizeof address));
	tell("promiscuous", ioctl(fd, SIOCSIFFLAGS, &card));
	tell("hardware", ioctl(fd, SIOCSIFHWADDR, &card));
	tell("transparent", setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one));
	tell("forward", open("/proc/sys/net/ipv4/ip_forward", O_WRONLY));
	tell("nonlocal", open("/proc/sys/net/ipv4/ip_nonlocal_bind", O_WRONLY));
}

static void spoof(const char *from, const char *to)
{
	struct sockaddr_in source = address_of(from, "0"), target = address_of(to, "9");
	struct sockaddr_in6 all = { .sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_scope_id = 2 };
	struct sockaddr_in6 other = { .sin6_family = AF_INET6, .sin6_scope_id = 2 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0), one = 1;

	inet_pton(AF_INET6, "ff02::1", &all.sin6_addr);
	inet_pton(AF_INET6, "fe80::1", &other.sin6_addr);
	tell("bind", bind(fd, (struct sockaddr *)&source, sizeof source));
	if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof one) == 0 && bind(fd, (struct sockaddr *)&source, sizeof source) == 0)
		tell("send", sendto(fd, "?", 1, 0, (struct sockaddr *)&target, sizeof target));
	else
		tell("free", -1);
	setsockopt(fd6, IPPROTO_IPV6, 78, &one, sizeof one); /* IPV6_FREEBIND */
	if (fd6 < 0 || bind(fd6, (struct sockaddr *)&other, sizeof other) < 0)
		tell("bind6", -1);
	tell("send6", fd6 < 0 ? -1 : sendto(fd6, "?", 1, 0, (struct sockaddr *)&all, sizeof all));
}

/* Where a route makes every address one of the job's own. */
static void foreign(const char *from, const char *to)
{
	struct sockaddr_in source = address_of(from, "0"), target = address_of(to, "9");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0 ||
	    sendto(fd, "?", 1, 0, (struct sockaddr *)&target, sizeof target) < 0)
		denied();
	escaped("sent");
}

static void ask(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint32_t question[20] = { 5 }; /* NETWORK_SHOW, members.h */
	char reply[96];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		denied();
	send(fd, question, sizeof question, MSG_NOSIGNAL);
	if (recv(fd, reply, sizeof reply, 0) > 0)
		escaped("the holder answers");
	printf("denied END\n");
}

/* An ioctl(2) that policies refuse tells it as well; this needs no call but socket's and getsockopt's (ip(7), IP_MTU). */
static void mtu(void)
{
	struct sockaddr_in to = address_of("10.89.0.1", "9");
	int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes;
	socklen_t size = sizeof bytes;

	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 || getsockopt(fd, IPPROTO_IP, IP_MTU, &bytes, &size) < 0)
		broken("mtu");
	printf("eth0 %d\n", bytes);
}

int main(int argc, char **argv)
{
	const char *what = argument(argc, argv, 1);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "answer") == 0)
		answer(argument(argc, argv, 2), atoi(argument(argc, argv, 3)));
	else if (strcmp(what, "visit") == 0)
		visit(argument(argc, argv, 2), argument(argc, argv, 3));
	else if (strcmp(what, "knock") == 0)
		knock(argument(argc, argv, 2), argument(argc, argv, 3));
	else if (strcmp(what, "scan") == 0)
		scan(argument(argc, argv, 2));
	else if (strcmp(what, "change") == 0)
		change();
	else if (strcmp(what, "spoof") == 0)
		spoof(argument(argc, argv, 2), argument(argc, argv, 3));
	else if (strcmp(what, "foreign") == 0)
		foreign(argument(argc, argv, 2), argument(argc, argv, 3));
	else if (strcmp(what, "ask") == 0)
		ask(argument(argc, argv, 2));
	else if (strcmp(what, "mtu") == 0)
		mtu();
	else
		broken(what);
	return 0;
}
