/*
 * Speaks NETLINK_ROUTE. WAY: names (what getifaddrs tells), tells (dumps of every kind: prints what is there that is not of
 * "lo"), changes (tries to change the network), sends (to another program), hoard BYTES (leaves answers unread).
 */
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "probe.h"

#define LO 1

static struct {
	struct nlmsghdr header;
	char body[512];
} request;

static char answer[64 << 10];

static int route(int type)
{
	int fd = socket(AF_NETLINK, type | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		denied();
	return fd;
}

static void *begin(int type, int flags, size_t body)
{
	memset(&request, 0, sizeof request);
	request.header.nlmsg_type = (uint16_t)type;
	request.header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	request.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(body);
	return NLMSG_DATA(&request.header);
}

static void attribute(int type, const void *value, size_t size)
{
	struct rtattr *to = (void *)((char *)&request + NLMSG_ALIGN(request.header.nlmsg_len));

	to->rta_type = (uint16_t)type;
	to->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(to), value, size);
	request.header.nlmsg_len = NLMSG_ALIGN(request.header.nlmsg_len) + (uint32_t)RTA_ALIGN(to->rta_len);
}

/* The kernel's errno for the request; 0 with the first message of another kind in answer. */
static int ask(void)
{
	int fd = route(SOCK_RAW);
	struct nlmsghdr *first = (void *)answer;
	ssize_t got;

	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return errno;
	got = recv(fd, answer, sizeof answer, 0);
	close(fd);
	if (got < (ssize_t)sizeof *first)
		broken("recv");
	return first->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(first))->error : 0;
}

static void names(int bare)
{
	struct ifaddrs *all;
	char seen[1024] = " ";

	if (getifaddrs(&all) < 0)
		denied();
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		char word[64];

		if (!bare && (!one->ifa_addr || one->ifa_addr->sa_family == AF_PACKET))
			continue;
		snprintf(word, sizeof word, " %s ", one->ifa_name);
		if (!strstr(seen, word))
			strncat(strncat(seen, one->ifa_name, 64), " ", 2);
	}
	seen[strlen(seen) - 1] = 0;
	printf("interfaces:%s\n", seen);
}

/* Every family's dump: links, addresses, routes, neighbours, rules, name spaces, queues, filters, statistics and what comes. */
static void tells(void)
{
	int dumps = 0, strangers = 0;

	for (int type = RTM_BASE + 2; type <= RTM_MAX; type += 4)
		for (int family = 0; family < 46; family++) {
			int fd = route(SOCK_RAW), more = 1;

			*(unsigned char *)begin(type, NLM_F_DUMP, sizeof(struct ifinfomsg)) = (unsigned char)family;
			if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
				broken("send");
			while (more) {
				ssize_t left = recv(fd, answer, sizeof answer, 0);

				if (left <= 0)
					broken("recv");
				for (struct nlmsghdr *one = (void *)answer; NLMSG_OK(one, left); one = NLMSG_NEXT(one, left)) {
					if (one->nlmsg_type == NLMSG_DONE || one->nlmsg_type == NLMSG_ERROR) {
						more = 0;
						continue;
					}
					dumps++;
					if (one->nlmsg_type == RTM_NEWLINK && ((struct ifinfomsg *)NLMSG_DATA(one))->ifi_index != LO)
						strangers++;
					if (one->nlmsg_type == RTM_NEWADDR && ((struct ifaddrmsg *)NLMSG_DATA(one))->ifa_index != LO)
						strangers++;
					if (one->nlmsg_type == RTM_NEWNSID)
						strangers++;
					if (one->nlmsg_type == RTM_NEWNEIGH && ((struct ndmsg *)NLMSG_DATA(one))->ndm_ifindex != LO)
						strangers++;
				}
			}
			close(fd);
		}
	if (strangers > 0)
		escaped("%d of %d entries are not of lo", strangers, dumps);
	puts("only lo");
}

static void by_number(const char *what)
{
	int number = 0, host = 1, error;

	if (!strcmp(what, "target")) {
		((struct ifinfomsg *)begin(RTM_GETLINK, 0, sizeof(struct ifinfomsg)))->ifi_index = LO;
		attribute(IFLA_TARGET_NETNSID, &number, sizeof number);
	} else if (!strcmp(what, "name-space")) {
		begin(RTM_GETNSID, 0, sizeof(struct rtgenmsg));
		attribute(NETNSA_PID, &host, sizeof host);
	} else {
		((struct ifinfomsg *)begin(RTM_GETLINK, 0, sizeof(struct ifinfomsg)))->ifi_index = 2;
	}
	error = ask();
	/* NETNSA_NSID_NOT_ASSIGNED says no more than that there is one */
	if (!error && !strcmp(what, "name-space") &&
	    *(int *)RTA_DATA((struct rtattr *)((char *)NLMSG_DATA((struct nlmsghdr *)answer) + NLMSG_ALIGN(sizeof(struct rtgenmsg)))) < 0)
		error = ENOENT;
	errno = error;
	verdict(error ? -1 : 0, what);
}

/* Every message that is no question (rtnetlink.h: four to a kind, the third asks). Each must be refused before it is read. */
static void changes(void)
{
	for (int type = RTM_BASE; type <= RTM_MAX; type++) {
		struct ifinfomsg *link;
		int error;

		if ((type & 3) == 2)
			continue;
		link = begin(type, NLM_F_ACK | NLM_F_CREATE, sizeof(struct ifinfomsg));
		link->ifi_index = LO;
		link->ifi_change = 1; /* IFF_UP */
		if (type == RTM_NEWLINK)
			attribute(IFLA_IFNAME, "evil0", 6);
		error = ask();
		if (error != EPERM && error != EOPNOTSUPP)
			escaped("message %d was answered with %s", type, error ? errno_name(error) : "success");
	}
	begin(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	attribute(IFLA_IFNAME, "evil1", 6);
	errno = ask();
	verdict(errno ? -1 : 0, "a new interface");
}

static void sends(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	socklen_t size = sizeof to;
	int fd = route(SOCK_RAW), other = route(SOCK_DGRAM);

	if (bind(other, (struct sockaddr *)&to, size) < 0 || getsockname(other, (struct sockaddr *)&to, &size) < 0)
		denied();
	begin(NLMSG_NOOP, 0, 4);
	verdict(sendto(fd, &request, request.header.nlmsg_len, 0, (struct sockaddr *)&to, size), "a message to a program");
}

/* As many answers as each socket takes, and as many sockets as there may be. */
static void hoard(size_t wanted)
{
	size_t bytes = 0;
	int most = 1 << 30, fd;

	while (bytes < wanted && (fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)) >= 0) {
		int words[16] = { 0 }, last = -1;
		socklen_t size = sizeof words;

		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &most, sizeof most);
		((struct ifinfomsg *)begin(RTM_GETLINK, 0, sizeof(struct ifinfomsg)))->ifi_index = LO;
		/* until one more changes nothing */
		while (words[0] != last) {
			last = words[0];
			for (int i = 0; i < 64; i++)
				send(fd, &request, request.header.nlmsg_len, MSG_DONTWAIT);
			size = sizeof words;
			if (getsockopt(fd, SOL_SOCKET, 55 /* SO_MEMINFO */, words, &size) < 0)
				broken("SO_MEMINFO");
		}
		bytes += (size_t)words[0];
	}
	sleep(2);
	printf("escaped: %zu bytes in answers that nobody reads\n", bytes);
}

int main(int argc, char **argv)
{
	const char *way = argument(argc, argv, 1);

	if (!strcmp(way, "names"))
		names(1);
	else if (!strcmp(way, "addresses"))
		names(0);
	else if (!strcmp(way, "tells"))
		tells();
	else if (!strcmp(way, "changes"))
		changes();
	else if (!strcmp(way, "sends"))
		sends();
	else if (!strcmp(way, "hoard"))
		hoard(strtoull(argument(argc, argv, 2), NULL, 10));
	else
		by_number(way);
	return 0;
}
