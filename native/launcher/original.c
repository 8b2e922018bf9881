/*
 * The life of an original. It has a user and a mount namespace of its own, nothing of any job in its memory, and one descriptor: the socket on
 * which the launcher asks for one process 1 after the other. These are the launcher's children (clone(2), CLONE_PARENT), in namespaces of their own, and
 * go on when the original is dead. No job has a number for it: it is in none of their pid namespaces.
 */
#include "original.h"

#include "copied.h"
#include "ids.h"
#include "init.h"
#include "message.h"
#include "steps.h"
#include "sys.h"
#include "template.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* What there is to say of the steps that were done here, for each job. */
static uint32_t skipped[PLAN_MAX_SKIPPED / 32];
static uint32_t shared_inodes;

static int make_mounts(struct request *request, uint32_t uid, uint32_t gid)
{
	static struct root root;

	root_begin(&root, request);
	umask(0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || ids_map_self("/proc", uid, gid) < 0 || copied_begin_original(&root) < 0)
		return -1;
	for (uint32_t i = 0; step_is_speculative(&request->plan.steps[i]); i++) {
		request->page->doing = i;
		if (copied_make(&root, &request->plan.steps[i]) < 0)
			return -1;
	}
	memcpy(skipped, request->page->skipped, sizeof skipped);
	shared_inodes = request->page->shared_inodes;
	if (copied_end_original(&root) < 0)
		return -1;
	/* nobody needs to look into it from now on */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

__attribute__((noreturn)) static void be_pid_1(struct request *request, int lifeline)
{
	request->lifeline = lifeline;
	request_close_others(request);
	/* it writes its own id maps */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		_exit(1);
	memcpy(request->page->skipped, skipped, sizeof skipped);
	request->page->shared_inodes = shared_inodes;
	init_copied(request);
	request_await(request);
	init_main(request);
}

static int clone_one(struct request *request, int lifeline)
{
	int pidfd = -1, sent;
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT | CLONE_PARENT_SETTID | USUAL_NAMESPACES,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.parent_tid = (uint64_t)(uintptr_t)&request->page->init_pid,
	};
	pid_t pid = (pid_t)sys_clone3(&args);

	if (pid == 0)
		be_pid_1(request, lifeline);
	if (pid < 0)
		return -1;
	sent = message_send_command(request->lifeline, (int32_t)pid, pidfd);
	close(pidfd);
	return sent;
}

void original_main(struct request *request, uint32_t uid, uint32_t gid)
{
	int fds[PLAN_MAX_FDS];
	const char ready = 1;

	if (make_mounts(request, uid, gid) < 0) {
		request->page->error = errno ? errno : EIO;
		_exit(1);
	}
	request_close_others(request);
	if (send(request->lifeline, &ready, sizeof ready, MSG_NOSIGNAL) != sizeof ready)
		_exit(1);
	while (message_receive(request->lifeline, 0, fds) == 1) {
		if (clone_one(request, fds[0]) < 0)
			_exit(1);
		close(fds[0]);
	}
	_exit(0);
}
