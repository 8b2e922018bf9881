/*
 * From a request to a running pid 1. What only the launcher may do as real root is done before it begins to build:
 * opening sources that the job's id could not reach, and mapping that id.
 */
#include "spawn.h"

#include "ids.h"
#include "init.h"
#include "join.h"
#include "message.h"
#include "ranges.h"
#include "sources.h"
#include "sys.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static pid_t clone_init(struct request *request, int lifeline, uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | (request->plan.header->namespaces & ~request->joined) | flags,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.parent_tid = (uint64_t)(uintptr_t)&request->page->init_pid,
		/* a sibling has that of who clones it, and none may be named (clone(2), CLONE_PARENT) */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	pid_t pid = (pid_t)sys_clone3(&args);

	if (pid == 0) {
		request->lifeline = lifeline;
		page_give_up_others(request->page);
		request_close_others(request);
		init_main(request);
	}
	return pid;
}

/* Clones pid 1 with what it needs, and answers for its map. */
static pid_t spawn_between(struct request *request, const int lifelines[2], uint64_t flags, int *pidfd)
{
	int foreign = (request->plan.header->flags & PLAN_FOREIGN_IDS) != 0;
	pid_t pid = -1;

	if (!foreign || sources_open(request) == 0)
		pid = clone_init(request, lifelines[1], flags, pidfd);
	if (pid > 0 && (request->plan.header->flags & PLAN_SUB_IDS)) {
		int32_t error = EAGAIN;

		if (ranges_map_outer(request, pid, lifelines[0]) < 0)
			send(lifelines[0], &error, sizeof error, MSG_NOSIGNAL);
	} else if (pid > 0 && foreign) {
		int32_t error = ids_map_foreign(&request->plan, pid) < 0 ? errno : 0;

		if (!error)
			ranges_own_layers(request, pid);
		send(lifelines[0], &error, sizeof error, MSG_NOSIGNAL);
	}
	return pid;
}

pid_t spawn_init(struct request *request, int *pidfd)
{
	uint32_t count = request->plan.header->step_count;
	int lifelines[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return -1;
	pid = spawn_between(request, lifelines, 0, pidfd);
	for (uint32_t i = 0; i < count; i++)
		close_fd(&request->tree[i]);
	for (int i = 0; i < request->opened_count; i++)
		close_fd(&request->opened[i].directory);
	close_fd(&lifelines[1]);
	if (pid < 0)
		close_fd(&lifelines[0]);
	request->lifeline = pid < 0 ? -1 : lifelines[0];
	return pid;
}

__attribute__((noreturn)) static void open_apart(struct request *request, const int lifelines[2])
{
	int pidfd = -1;
	pid_t pid;

	/* The end of the launcher's sockets is the end of its jobs: none may outlive it here. Step 0 has no tree. */
	request->lifeline = lifelines[1];
	request->tree[0] = lifelines[0];
	request_close_others(request);
	request->tree[0] = -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		_exit(1);
	if (join_network(request) < 0)
		_exit(0);
	pid = spawn_between(request, lifelines, CLONE_PARENT, &pidfd);
	if (pid < 0 || message_send_command(lifelines[1], (int32_t)pid, pidfd) < 0)
		request->page->error = errno;
	_exit(0);
}

int spawn_needs_apart(const struct plan *plan)
{
	const uint32_t held = PLAN_APART | PLAN_FOREIGN_IDS;

	return (plan->header->flags & held) == held || plan_find(plan, STEP_JOIN_NETWORK) != NULL;
}

/*
 * A source on a server that does not answer holds whoever opens it in the kernel, where no signal ends it; the
 * launcher has the deadlines of other jobs to keep. A child opens in its place, and makes pid 1 the launcher's
 * child (clone(2), CLONE_PARENT). As itself, without real root's help, pid 1 opens its sources alone.
 * Namespaces that are not the launcher's own are joined there, too (setns(2)): it is none of its other jobs' business.
 */
pid_t spawn_apart(struct request *request, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	int lifelines[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return -1;
	pid = (pid_t)sys_clone3(&args);
	if (pid == 0)
		open_apart(request, lifelines);
	close_fd(&lifelines[1]);
	if (pid < 0)
		close_fd(&lifelines[0]);
	request->lifeline = pid < 0 ? -1 : lifelines[0];
	return pid;
}
