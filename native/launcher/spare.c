/*
 * A pid 1 that exists before its job: cloned into fresh namespaces while the launcher has nothing else
 * to do, mapped, and waiting. If the last plan is any guide to the next, it has also made the mounts
 * that do not depend on the job (step_is_foreseeable); a job whose plan does not begin with the very
 * same steps gets a pid 1 of its own. A spare serves one job and dies with it, and nothing of any
 * other job has ever been in it.
 */
#include "spare.h"

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

/* The host's folders may be upgraded while a spare waits: mounts older than this are not used. */
#define FORESIGHT_NS 1000000000ull
#define LARGEST_LESSON (256u << 10)
#define DISTRUST 16
#define PATIENCE_MS 1000

__attribute__((noreturn)) static void wait_for_job(struct request *request, uint32_t uid, uint32_t gid)
{
	request_close_others(request);
	init_ahead(request, uid, gid);
	request_await(request);
	init_main(request);
}

/* One that the kernel does not let go of is left to whoever reaps for us in the end: jobs have deadlines. */
static void discard(struct spare *spare)
{
	struct pollfd event = { .fd = spare->pidfd, .events = POLLIN };

	syscall(SYS_pidfd_send_signal, spare->pidfd, SIGKILL, NULL, 0);
	poll(&event, 1, PATIENCE_MS);
	syscall(SYS_waitid, P_PIDFD, spare->pidfd, NULL, WEXITED | WNOHANG, NULL);
	close(spare->lifeline);
	close(spare->pidfd);
	munmap(spare->page, sizeof *spare->page);
	spare->pid = 0;
}

/* An id map or a mount that this host refuses: the job's own pid 1 will say so. */
static void give_up(struct spare *spare)
{
	if (spare->foreseen)
		spare->distrust = DISTRUST;
	else
		spare->hopeless = 1;
	discard(spare);
}

/* Makes one if there is none. As real root every job has another id outside: nothing can be mapped ahead. */
void spare_renew(struct spare *spare, struct request *request)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | USUAL_NAMESPACES,
		.pidfd = (uint64_t)(uintptr_t)&spare->pidfd,
		.exit_signal = SIGCHLD,
	};
	uint32_t uid = geteuid(), gid = getegid();
	int lifelines[2];

	if (spare->pid || spare->hopeless || uid == 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return;
	request_reset(request);
	request->page = spare->page = page_new();
	request->lifeline = lifelines[1];
	if (spare->last.header && !spare->distrust)
		request->plan = spare->last;
	spare->foreseen = 0;
	while (request->plan.header && step_is_foreseeable(&request->plan.steps[spare->foreseen]))
		spare->foreseen++;
	spare->born = now_ns();
	args.parent_tid = (uint64_t)(uintptr_t)&spare->page->init_pid;
	spare->pid = (pid_t)sys_clone3(&args);
	if (spare->pid == 0)
		wait_for_job(request, uid, gid);
	close(lifelines[1]);
	spare->lifeline = lifelines[0];
	if (spare->pid > 0)
		return;
	close(lifelines[0]);
	munmap(spare->page, sizeof *spare->page);
	spare->pid = 0;
	spare->hopeless = 1;
}

static int same_step(const struct plan *one, const struct plan *other, uint32_t index)
{
	const struct plan_step *left = &one->steps[index], *right = &other->steps[index];

	return left->kind == right->kind && left->flags == right->flags && left->fd == right->fd &&
	       memcmp(left->value, right->value, sizeof left->value) == 0 &&
	       strcmp(plan_text(one, left->a), plan_text(other, right->a)) == 0 &&
	       strcmp(plan_text(one, left->b), plan_text(other, right->b)) == 0;
}

static int is_foreseen(const struct spare *spare, const struct plan *plan)
{
	if (spare->foreseen > plan->header->step_count)
		return 0;
	for (uint32_t i = 0; i < spare->foreseen; i++)
		if (!same_step(&spare->last, plan, i))
			return 0;
	return 1;
}

/* Whether this job can have the spare; one that was built for another kind of job is given up. */
int spare_fits(struct spare *spare, const struct request *request)
{
	const struct plan_header *header = request->plan.header;

	if (spare->distrust)
		spare->distrust--;
	if (!spare->pid || header->namespaces != USUAL_NAMESPACES || header->host_uid != geteuid() ||
	    header->host_gid != getegid() ||
	    (header->flags & (PLAN_STRICT | PLAN_FOREIGN_IDS | PLAN_SUB_IDS)))
		return 0;
	if (__atomic_load_n(&spare->page->error, __ATOMIC_RELAXED)) {
		give_up(spare);
		return 0;
	}
	if (!spare->foreseen)
		return 1;
	if (!is_foreseen(spare, &request->plan)) {
		spare->distrust = DISTRUST;
		discard(spare);
		return 0;
	}
	if (now_ns() - spare->born > FORESIGHT_NS) {
		discard(spare);
		return 0;
	}
	return 1;
}

pid_t spare_use(struct spare *spare, struct request *request, const int *fds, int count, int *pidfd)
{
	pid_t pid = spare->pid;

	if (message_send(spare->lifeline, fds, count) < 0) {
		give_up(spare);
		return spawn_init(request, pidfd);
	}
	spare->page->stamps[STAMP_RECEIVED] = request->page->stamps[STAMP_RECEIVED];
	munmap(request->page, sizeof *request->page);
	request->page = spare->page;
	request->lifeline = spare->lifeline;
	*pidfd = spare->pidfd;
	spare->pid = 0;
	return pid;
}

/* Takes over the mapping of a plan that has been started. */
void spare_learn(struct spare *spare, const struct plan *plan)
{
	if (plan->header->size > LARGEST_LESSON || plan->header->namespaces != USUAL_NAMESPACES ||
	    (plan->header->flags & (PLAN_STRICT | PLAN_FOREIGN_IDS | PLAN_SUB_IDS))) {
		plan_unmap(plan);
		return;
	}
	if (spare->last.header)
		plan_unmap(&spare->last);
	spare->last = *plan;
}
