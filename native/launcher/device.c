/*
 * The loopback device of a job without a network, for the one thing that it is there for: to ask for names (lookups.c).
 */
#include "device.h"

#include "netlink.h"
#include "sys.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define LO 1 /* the first device of every network namespace (loopback_net_init, drivers/net/loopback.c) */

struct request {
	struct nlmsghdr header;
	char body[128];
};

static void *begin(struct request *request, int type, int flags, size_t size)
{
	memset(request, 0, sizeof *request);
	request->header.nlmsg_type = (uint16_t)type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	return request->body;
}

static void attribute(struct request *request, int type, const void *value, size_t size)
{
	struct rtattr *to = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	to->rta_type = (uint16_t)type;
	to->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(to), value, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_ALIGN(to->rta_len);
}

static int ask(int route, const struct request *request)
{
	uint32_t failed;

	return netlink_send(route, request, request->header.nlmsg_len, &failed);
}

static int set_device(int route, unsigned flags)
{
	struct request request;
	struct ifinfomsg *device = begin(&request, RTM_NEWLINK, 0, sizeof *device);

	device->ifi_index = LO;
	device->ifi_flags = flags;
	device->ifi_change = IFF_UP;
	return ask(route, &request);
}

static int remove_address(int route, unsigned char family, const void *address, unsigned char size)
{
	struct request request;
	struct ifaddrmsg *of = begin(&request, RTM_DELADDR, 0, sizeof *of);

	of->ifa_family = family;
	of->ifa_prefixlen = family == AF_INET ? 8 : 128;
	of->ifa_index = LO;
	attribute(&request, IFA_LOCAL, address, size);
	return ask(route, &request);
}

/* All of 127.0.0.0/8 is ours, as it is with the address, as far as the rules lead here. */
static int add_route(int route)
{
	const uint32_t net = htonl(INADDR_LOOPBACK & 0xff000000u), device = LO;
	struct request request;
	struct rtmsg *to = begin(&request, RTM_NEWROUTE, NLM_F_CREATE, sizeof *to);

	to->rtm_family = AF_INET;
	to->rtm_dst_len = 8;
	to->rtm_table = RT_TABLE_LOCAL; /* where source addresses are looked up, too (__ip_dev_find, net/ipv4/devinet.c) */
	to->rtm_protocol = RTPROT_STATIC;
	to->rtm_scope = RT_SCOPE_HOST;
	to->rtm_type = RTN_LOCAL;
	attribute(&request, RTA_DST, &net, sizeof net);
	attribute(&request, RTA_OIF, &device, sizeof device);
	return ask(route, &request);
}

static void *begin_rule(struct request *request, int type, int flags)
{
	struct fib_rule_hdr *rule = begin(request, type, flags, sizeof *rule);

	rule->family = AF_INET;
	rule->table = RT_TABLE_LOCAL;
	rule->action = FR_ACT_TO_TBL;
	return rule;
}

/* The first rule of all: whatever is asked for is looked up among the local addresses (ip-rule(8)). */
static int remove_usual_rule(int route)
{
	const uint32_t first = 0;
	struct request request;

	begin_rule(&request, RTM_DELRULE, 0);
	attribute(&request, FRA_PRIORITY, &first, sizeof first);
	return ask(route, &request);
}

/* Rules may look at ports since Linux 4.17. */
static int add_rule(int route, int ports)
{
	const struct fib_rule_port_range range = { DNS_PORT, DNS_PORT };
	const unsigned char udp = IPPROTO_UDP;
	struct request request;

	begin_rule(&request, RTM_NEWRULE, NLM_F_CREATE);
	attribute(&request, FRA_IP_PROTO, &udp, sizeof udp);
	attribute(&request, ports, &range, sizeof range);
	return ask(route, &request);
}

/*
 * The device goes up for questions and answers alone: without its addresses, and with rules that know port 53 only, programs find
 * nothing else to talk to, as if it were down. (One that names the device itself reaches its own sockets.)
 */
static int raise_for_lookups(int route)
{
	const uint32_t v4 = htonl(INADDR_LOOPBACK);

	if (remove_usual_rule(route) < 0 || add_rule(route, FRA_DPORT_RANGE) < 0 ||
	    add_rule(route, FRA_SPORT_RANGE) < 0 || set_device(route, IFF_UP) < 0 ||
	    remove_address(route, AF_INET, &v4, sizeof v4) < 0)
		return -1;
	/* a kernel without IPv6 has none: EOPNOTSUPP, or EADDRNOTAVAIL where it is switched off */
	if (remove_address(route, AF_INET6, &in6addr_loopback, sizeof in6addr_loopback) < 0 &&
	    errno != EOPNOTSUPP && errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT && errno != ENODEV && errno != ENXIO)
		return -1;
	return add_route(route);
}

/* 0, or -1 with nothing up. */
int device_raise(void)
{
	autoclose int route = netlink_open(NETLINK_ROUTE);

	if (route < 0 || raise_for_lookups(route) == 0)
		return route < 0 ? -1 : 0;
	set_device(route, 0);
	return -1;
}
