/*
 * The job's own network namespace, beyond its loopback device. What goes over netlink was written by the host, which may not enter the
 * namespace; the sockets are made here, in the namespace, and used by the host (socket(7): a socket stays in the namespace it was made in).
 */
#include "steps_network.h"

#include "netlink.h"
#include "sys.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static int skip_if_optional(struct root *root, const struct plan_step *step)
{
	if (!(step->flags & STEP_FLAG_OPTIONAL))
		return -1;
	root_skip(root);
	return 0;
}

int step_netlink(struct root *root, const struct plan_step *step)
{
	autoclose int fd = -1;

	if (step->value[3] && root->netlink_skipped)
		return 0;
	fd = netlink_open((int)step->value[0]);
	if (fd >= 0 &&
	    netlink_send(fd, root->plan->blob + step->value[1], step->value[2], &root->page->detail) == 0) {
		root->netlink_skipped = 0;
		return 0;
	}
	root->netlink_skipped = 1;
	return skip_if_optional(root, step);
}

static int bind_loopback(int fd, const struct plan_step *step)
{
	const uint16_t port = htons((uint16_t)step->value[2]);
	const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	return step->value[0] == AF_INET ? bind(fd, (const struct sockaddr *)&v4, sizeof v4)
					 : bind(fd, (const struct sockaddr *)&v6, sizeof v6);
}

int step_listen(struct root *root, const struct plan_step *step)
{
	int *port = &root->ports[root->port_count++];
	const int is_stream = step->value[1] == SOCK_STREAM;
	int fd = socket((int)step->value[0], (int)step->value[1] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*port = -1;
	if (fd >= 0 && bind_loopback(fd, step) == 0 && (!is_stream || listen(fd, (int)step->value[3]) == 0)) {
		*port = fd;
		return 0;
	}
	if (fd >= 0)
		close_fd(&fd);
	return skip_if_optional(root, step);
}

int step_join_network(struct root *root, const struct plan_step *step)
{
	(void)step;
	errno = EPROTO;
	return root->request->joined ? 0 : -1;
}
