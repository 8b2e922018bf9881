/*
 * Joining a network of jobs, in a process that is about to clone pid 1. Two network namespaces can be connected by nobody but who
 * has CAP_NET_ADMIN over both of their owners (rtnetlink(7), IFLA_NET_NS_FD): so the job's is made inside the user namespace of
 * the holder, of which the job's own is a child. Nobody of the job, pid 1 included, has any capability over it. From there, and
 * from nowhere else without root, the namespaces of another job below the same holder can be joined, too (setns(2)).
 */
#include "join.h"

#include "file.h"
#include "netlink.h"
#include "sys.h"

#include <linux/netlink.h>
#include <sched.h>

/* Some are only there with IPv6, or with ICMP. */
static int set_if_there(const char *path, const char *value)
{
	return write_file(AT_FDCWD, path, value) < 0 && errno != ENOENT ? -1 : 0;
}

/*
 * What only the owner of the namespace may set, for devices to come. The switch carries IPv4 alone: over IPv6 a program could send
 * with the address of another (IPV6_FREEBIND, ipv6(7)), which IPv4 allows to nobody without capabilities (ip(7), IP_TRANSPARENT).
 */
static int set_up_namespace(const struct request *request)
{
	const char *groups = request->below_holder ? "0 0" : "0 2147483647";

	return write_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") < 0 ||
			       set_if_there("/proc/sys/net/ipv4/ping_group_range", groups) < 0 ||
			       set_if_there("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1") < 0
		       ? -1
		       : 0;
}

static int make_network(struct request *request)
{
	int *sockets = request->sockets;

	sockets[BARRIER_SWITCH] = netlink_open(NETLINK_ROUTE);
	if (sockets[BARRIER_SWITCH] < 0 || unshare(CLONE_NEWNET) < 0 || set_up_namespace(request) < 0)
		return -1;
	sockets[BARRIER_ROUTES] = netlink_open(NETLINK_ROUTE);
	if (sockets[BARRIER_ROUTES] < 0)
		return -1;
	/* only egress rules need it: a kernel without it is told of when they are to be set */
	sockets[BARRIER_FILTER] = netlink_open(NETLINK_NETFILTER);
	return 0;
}

static int join(struct request *request, const struct plan_step *step)
{
	const int *fds = &request->extra[step->fd];

	if (step->value[0] && setns(*fds++, CLONE_NEWUSER) < 0)
		return -1;
	request->below_holder = step->value[0] != 0;
	if (step->value[1] & (JOIN_SWITCH | JOIN_NETWORK)) {
		if (setns(*fds++, CLONE_NEWNET) < 0 || ((step->value[1] & JOIN_SWITCH) && make_network(request) < 0))
			return -1;
		request->joined |= CLONE_NEWNET;
	}
	if (step->value[1] & JOIN_IPC) {
		if (setns(*fds, CLONE_NEWIPC) < 0)
			return -1;
		request->joined |= CLONE_NEWIPC;
	}
	return 0;
}

int join_network(struct request *request)
{
	const struct plan_step *step = plan_find(&request->plan, STEP_JOIN_NETWORK);

	if (!step || join(request, step) == 0)
		return 0;
	request->page->error = errno;
	request->page->step = (int32_t)(step - request->plan.steps);
	return -1;
}
