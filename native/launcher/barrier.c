/*
 * The barrier: pid 1 stops before the root is pivoted, with all its namespaces there and nothing of the job running,
 * until the host has done its part, such as wiring the job's network. It hands up its network namespace, because the
 * host may not be able to reach it by any name: pid 1's number may belong to somebody else by the time it is looked up.
 */
#include "barrier.h"

#include "report.h"
#include "sys.h"

#include <sched.h>
#include <sys/socket.h>

/* -1 where the job has the host's network, and there is nothing to hand up. */
static int network_of(const struct root *root, int *fd)
{
	*fd = -1;
	if (!(root->plan->header->namespaces & CLONE_NEWNET))
		return 0;
	*fd = openat(root->proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? -1 : 0;
}

static int announce(const struct root *root, const struct plan_step *step)
{
	const int *sockets = root->request->sockets;
	autoclose int network = -1;
	autoclose int ipc = step->value[0] ? openat(root->proc, "self/ns/ipc", O_RDONLY | O_CLOEXEC) : -1;
	int fds[BARRIER_COUNT], count = 0;
	struct report report;

	if (network_of(root, &network) < 0 || (step->value[0] && ipc < 0))
		return -1;
	report_fill(&report, REPORT_BARRIER, root->page);
	report.step = (int32_t)(step - root->plan->steps);
	report.pid = root->page->init_pid;
	for (int i = 0; i < BARRIER_COUNT; i++) {
		const int fd = i == BARRIER_NETWORK ? network : i == BARRIER_IPC ? ipc : sockets[i];

		if (fd >= 0) {
			report.fd_mask |= 1u << i;
			fds[count++] = fd;
		}
	}
	return report_send(root->request->channel, &report, fds, count);
}

/* Whoever holds one of these may change the network, and they are the host's now. */
static void give_up_sockets(struct request *request)
{
	for (int i = 0; i < BARRIER_COUNT; i++) {
		close_fd(&request->sockets[i]);
		request->sockets[i] = -1;
	}
}

/*
 * The answer comes through the launcher, the only one who reads what the host says: whatever else it says meanwhile
 * is understood as ever, a kill at once and a signal once the job runs. Nobody waits here for ever: the launcher's end
 * is the lifeline's, and it kills pid 1 when the host is gone or the time for setting up is over.
 */
int step_barrier(struct root *root, const struct plan_step *step)
{
	unsigned char word;
	ssize_t size;

	if (announce(root, step) < 0)
		return -1;
	give_up_sockets(root->request);
	do
		size = recv(root->request->lifeline, &word, sizeof word, 0);
	while (size < 0 && errno == EINTR);
	/* the launcher is dead, and a signal for that under way (PDEATHSIG): who is left to report to would hear of it or not */
	if (size == 0)
		_exit(1);
	if (size == 1 && word == COMMAND_CONTINUE)
		return 0;
	if (size == 1 && word == COMMAND_CONTINUE_WITHOUT && (step->flags & STEP_FLAG_OPTIONAL)) {
		root_skip(root);
		return 0;
	}
	errno = size == 1 ? ECANCELED : errno;
	return -1;
}
