/*
 * Tries to reach something outside: tcp HOST PORT [TEXT] (sends the text, says that it has no more, and prints what comes), hold HOST PORT TEXT (the same
 * without saying so), hello HOST PORT NAME (a TLS ClientHello for a name), udp HOST PORT, impostor PORT (answers itself in the place of the world),
 * many HOST PORT COUNT, slow HOST PORT SECONDS (never reads), ping ADDRESS, raw, netfilter (removes the rules of the network).
 */
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "probe.h"

static struct addrinfo *find(const char *host, const char *port, int type)
{
	struct addrinfo hints = { .ai_family = strchr(host, ':') ? AF_INET6 : AF_UNSPEC, .ai_socktype = type };
	struct addrinfo *found;
	int error = getaddrinfo(host, port, &hints, &found);

	if (error) {
		printf("denied %s\n", error == EAI_NONAME ? "EAI_NONAME" : error == EAI_AGAIN ? "EAI_AGAIN" : "EAI");
		exit(0);
	}
	return found;
}

static int reach(const char *host, const char *port)
{
	int fd = -1;

	for (struct addrinfo *to = find(host, port, SOCK_STREAM); to; to = to->ai_next) {
		fd = socket(to->ai_family, SOCK_STREAM, 0);
		if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) == 0)
			return fd;
	}
	denied();
}

static void print_rest(int fd)
{
	char bytes[4096];
	ssize_t size;
	size_t total = 0;

	while ((size = read(fd, bytes, sizeof bytes)) > 0) {
		if (total == 0)
			printf("got ");
		total += (size_t)size;
		fwrite(bytes, 1, (size_t)size, stdout);
	}
	if (size < 0 && total == 0)
		denied();
	if (total == 0)
		printf("denied END\n");
	else
		printf(size < 0 ? " broken\n" : "\n");
}

static void send_text(int fd, const char *text, size_t size)
{
	if (send(fd, text, size, MSG_NOSIGNAL) < 0)
		denied();
}

/* \r and \n of the argument are two characters each. */
static size_t unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (from[0] == '\\' && (from[1] == 'r' || from[1] == 'n'))
			*to++ = *++from == 'r' ? '\r' : '\n';
		else
			*to++ = *from;
	return (size_t)(to - text);
}

static size_t put(unsigned char *to, size_t at, unsigned value, int bytes)
{
	while (bytes-- > 0)
		to[at++] = (unsigned char)(value >> (8 * bytes));
	return at;
}

static void hello(int fd, const char *name)
{
	unsigned char bytes[512] = { 0 };
	unsigned length = (unsigned)strlen(name);
	size_t at = 0;

	at = put(bytes, at, 0x160301, 3);
	at = put(bytes, at, 4 + 34 + 1 + 4 + 2 + 2 + 9 + length, 2);
	at = put(bytes, at, 1, 1);
	at = put(bytes, at, 34 + 1 + 4 + 2 + 2 + 9 + length, 3);
	at = put(bytes, at, 0x0303, 2) + 32;
	at = put(bytes, at, 0, 1);
	at = put(bytes, at, 0x00021301, 4);
	at = put(bytes, at, 0x0100, 2);
	at = put(bytes, at, 9 + length, 2);
	at = put(bytes, at, 0, 2);
	at = put(bytes, at, 5 + length, 2);
	at = put(bytes, at, 3 + length, 2);
	at = put(bytes, at, 0, 1);
	at = put(bytes, at, length, 2);
	memcpy(bytes + at, name, length);
	/* in two packets, as a large one comes */
	send_text(fd, (char *)bytes, 20);
	usleep(20000);
	send_text(fd, (char *)bytes + 20, at + length - 20);
}

static void udp(const char *host, const char *port)
{
	struct addrinfo *to = find(host, port, SOCK_DGRAM);
	int fd = socket(to->ai_family, SOCK_DGRAM, 0);
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	char bytes[64];
	ssize_t size;

	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0 || send(fd, "hello", 5, 0) < 0)
		denied();
	if (poll(&answer, 1, 2000) == 0) {
		printf("denied SILENCE\n");
		return;
	}
	size = recv(fd, bytes, sizeof bytes, 0);
	if (size < 0)
		denied();
	escaped("%.*s", (int)size, bytes);
}

static void impostor(const char *port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char bytes[64];
	struct sockaddr_storage from;
	socklen_t length = sizeof from;

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
		broken("bind");
	if (fork() == 0) {
		if (recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length) > 0)
			sendto(fd, "impostor", 8, 0, (struct sockaddr *)&from, length);
		_exit(0);
	}
	udp("192.0.2.1", port);
}

static void many(const char *host, const char *port, int count)
{
	struct addrinfo *to = find(host, port, SOCK_STREAM);
	int made = 0;

	for (int i = 0; i < count; i++) {
		int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (fd < 0)
			break;
		if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS)
			made++;
	}
	printf("made %d\n", made);
	fflush(stdout);
	sleep(2);
}

static void raw(void)
{
	static const struct {
		int family, type, protocol;
	} kinds[] = { { AF_INET, SOCK_RAW, IPPROTO_ICMP },    { AF_INET, SOCK_RAW, IPPROTO_RAW },
		      { AF_INET, SOCK_RAW, IPPROTO_TCP },     { AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 },
		      { AF_PACKET, SOCK_RAW, 0x0300 },	      { AF_INET, SOCK_SEQPACKET, 132 /* SCTP */ } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (socket(kinds[i].family, kinds[i].type, kinds[i].protocol) >= 0)
			escaped("a socket of family %d, type %d, protocol %d", kinds[i].family, kinds[i].type, kinds[i].protocol);
	printf("denied all\n");
}

/* Without a raw socket (icmp(7)). */
static void ping(const char *host)
{
	const unsigned char echo[8] = { 8 };
	struct sockaddr_in to = { .sin_family = AF_INET };

	inet_pton(AF_INET, host, &to.sin_addr);
	verdict(sendto(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), echo, sizeof echo, 0, (struct sockaddr *)&to, sizeof to), host);
}

static void netfilter(void)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg of;
	} batch[3] = {
		{ { sizeof batch[0], NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 1, 0 }, { AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES) } },
		{ { sizeof batch[0], NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NLM_F_REQUEST | NLM_F_ACK, 2, 0 }, { AF_INET, NFNETLINK_V0, 0 } },
		{ { sizeof batch[0], NFNL_MSG_BATCH_END, NLM_F_REQUEST, 3, 0 }, { AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES) } },
	};
	struct {
		struct nlmsghdr header;
		int error;
		char rest[256];
	} answer = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	if (fd < 0 || send(fd, batch, sizeof batch, 0) < 0)
		denied();
	if (recv(fd, &answer, sizeof answer, MSG_DONTWAIT) < 0)
		broken("recv");
	errno = -answer.error;
	verdict(answer.error, "removing the rules");
}

int main(int argc, char **argv)
{
	const char *what = argument(argc, argv, 1);
	char *text = argc > 4 ? argv[4] : NULL;
	int fd;

	if (strcmp(what, "raw") == 0)
		raw();
	else if (strcmp(what, "ping") == 0)
		ping(argument(argc, argv, 2));
	else if (strcmp(what, "netfilter") == 0)
		netfilter();
	else if (strcmp(what, "impostor") == 0)
		impostor(argument(argc, argv, 2));
	else if (strcmp(what, "udp") == 0)
		udp(argument(argc, argv, 2), argument(argc, argv, 3));
	else if (strcmp(what, "many") == 0)
		many(argument(argc, argv, 2), argument(argc, argv, 3), atoi(argument(argc, argv, 4)));
	else {
		fd = reach(argument(argc, argv, 2), argument(argc, argv, 3));
		if (strcmp(what, "slow") == 0) {
			printf("connected\n");
			fflush(stdout);
			sleep((unsigned)atoi(argument(argc, argv, 4)));
			return 0;
		}
		if (strcmp(what, "hello") == 0)
			hello(fd, argument(argc, argv, 4));
		else if (text)
			send_text(fd, text, unescape(text));
		if (strcmp(what, "tcp") == 0)
			shutdown(fd, SHUT_WR);
		print_rest(fd);
	}
	return 0;
}
