/*
 * A pid 1 that exists before its job: cloned into fresh namespaces while the launcher has nothing else
 * to do, mapped, and waiting. If the last plan is any guide to the next, it has also made the mounts
 * that do not depend on the job (step_is_speculative); a job whose plan does not begin with the very
 * same steps gets a pid 1 of its own. A pre-forked init serves one job and dies with it, and nothing of any
 * other job has ever been in it.
 */
#include "preforked.h"

#include "clock.h"
#include "init.h"
#include "message.h"
#include "spawn.h"
#include "steps.h"
#include "sys.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* What a job gets that asks for nothing special. */
#define USUAL_NAMESPACES                                                                                     \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

/* The host's directories may be upgraded while a pre-forked init waits: mounts older than this are not used. */
#define MAX_WAIT_NS 1000000000ull
#define MAX_LEARNED_PLAN (256u << 10)
#define BACKOFF_JOBS 16
#define PATIENCE_MS 1000

__attribute__((noreturn)) static void wait_for_job(struct request *request, uint32_t uid, uint32_t gid)
{
	request_close_others(request);
	init_ahead(request, uid, gid);
	request_await(request);
	init_main(request);
}

/* One that the kernel does not let go of is left to whoever reaps for us in the end: jobs have deadlines. */
static void discard(struct preforked *preforked)
{
	struct pollfd event = { .fd = preforked->pidfd, .events = POLLIN };

	syscall(SYS_pidfd_send_signal, preforked->pidfd, SIGKILL, NULL, 0);
	poll(&event, 1, PATIENCE_MS);
	syscall(SYS_waitid, P_PIDFD, preforked->pidfd, NULL, WEXITED | WNOHANG, NULL);
	close(preforked->lifeline);
	close(preforked->pidfd);
	munmap(preforked->page, sizeof *preforked->page);
	preforked->pid = 0;
}

/* An id map or a mount that this host refuses: the job's own pid 1 will say so. */
static void give_up(struct preforked *preforked)
{
	if (preforked->speculated)
		preforked->backoff = BACKOFF_JOBS;
	else
		preforked->disabled = 1;
	discard(preforked);
}

/* Makes one if there is none. As real root every job has another id outside: nothing can be mapped ahead. */
void preforked_renew(struct preforked *preforked, struct request *request)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | USUAL_NAMESPACES,
		.pidfd = (uint64_t)(uintptr_t)&preforked->pidfd,
		.exit_signal = SIGCHLD,
	};
	uint32_t uid = geteuid(), gid = getegid();
	int lifelines[2];

	if (preforked->pid || preforked->disabled || uid == 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return;
	request_reset(request);
	request->page = preforked->page = page_new();
	request->lifeline = lifelines[1];
	if (preforked->last.header && !preforked->backoff)
		request->plan = preforked->last;
	preforked->speculated = 0;
	while (request->plan.header && step_is_speculative(&request->plan.steps[preforked->speculated]))
		preforked->speculated++;
	preforked->born = now_ns();
	args.parent_tid = (uint64_t)(uintptr_t)&preforked->page->init_pid;
	preforked->pid = (pid_t)sys_clone3(&args);
	if (preforked->pid == 0)
		wait_for_job(request, uid, gid);
	close(lifelines[1]);
	preforked->lifeline = lifelines[0];
	if (preforked->pid > 0)
		return;
	close(lifelines[0]);
	munmap(preforked->page, sizeof *preforked->page);
	preforked->pid = 0;
	preforked->disabled = 1;
}

static int same_step(const struct plan *one, const struct plan *other, uint32_t index)
{
	const struct plan_step *left = &one->steps[index], *right = &other->steps[index];

	return left->kind == right->kind && left->flags == right->flags && left->fd == right->fd &&
	       memcmp(left->value, right->value, sizeof left->value) == 0 &&
	       strcmp(plan_text(one, left->a), plan_text(other, right->a)) == 0 &&
	       strcmp(plan_text(one, left->b), plan_text(other, right->b)) == 0;
}

static int is_speculated(const struct preforked *preforked, const struct plan *plan)
{
	if (preforked->speculated > plan->header->step_count)
		return 0;
	for (uint32_t i = 0; i < preforked->speculated; i++)
		if (!same_step(&preforked->last, plan, i))
			return 0;
	return 1;
}

/* Whether this job can have the pre-forked init; one that was built for another kind of job is given up. */
int preforked_fits(struct preforked *preforked, const struct request *request)
{
	const struct plan_header *header = request->plan.header;

	if (preforked->backoff)
		preforked->backoff--;
	if (!preforked->pid || header->namespaces != USUAL_NAMESPACES || header->host_uid != geteuid() ||
	    header->host_gid != getegid() ||
	    (header->flags & (PLAN_STRICT | PLAN_FOREIGN_IDS | PLAN_SUB_IDS)))
		return 0;
	if (__atomic_load_n(&preforked->page->error, __ATOMIC_RELAXED)) {
		give_up(preforked);
		return 0;
	}
	if (!preforked->speculated)
		return 1;
	if (!is_speculated(preforked, &request->plan)) {
		preforked->backoff = BACKOFF_JOBS;
		discard(preforked);
		return 0;
	}
	if (now_ns() - preforked->born > MAX_WAIT_NS) {
		discard(preforked);
		return 0;
	}
	return 1;
}

pid_t preforked_use(struct preforked *preforked, struct request *request, const int *fds, int count, int *pidfd)
{
	pid_t pid = preforked->pid;

	if (message_send(preforked->lifeline, fds, count) < 0) {
		give_up(preforked);
		return spawn_init(request, pidfd);
	}
	preforked->page->stamps[STAMP_RECEIVED] = request->page->stamps[STAMP_RECEIVED];
	munmap(request->page, sizeof *request->page);
	request->page = preforked->page;
	request->lifeline = preforked->lifeline;
	*pidfd = preforked->pidfd;
	preforked->pid = 0;
	return pid;
}

/* Takes over the mapping of a plan that has been started. */
void preforked_learn(struct preforked *preforked, const struct plan *plan)
{
	if (plan->header->size > MAX_LEARNED_PLAN || plan->header->namespaces != USUAL_NAMESPACES ||
	    (plan->header->flags & (PLAN_STRICT | PLAN_FOREIGN_IDS | PLAN_SUB_IDS))) {
		plan_unmap(plan);
		return;
	}
	if (preforked->last.header)
		plan_unmap(&preforked->last);
	preforked->last = *plan;
}
