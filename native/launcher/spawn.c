/*
 * From a job message to a running pid 1. What only the launcher may do as real root, mapping a
 * foreign id and opening bind sources that the job's id could not reach, happens here.
 */
#include "job.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

void job_reset(struct job *job)
{
	memset(job, 0, offsetof(struct job, tree));
	memset(&job->begin_state, 0, sizeof *job - offsetof(struct job, begin_state));
	job->channel = job->lifeline = -1;
	job->mapper = job->root = job->scratch = job->upper_folder = job->proc = job->sysctls = job->landlock = job->cgroup = -1;
	job->pts = job->null = job->terminal.master = job->terminal.slave = job->lookups.port = -1;
}

/* Maps the plan of a message and names its descriptors; they stay the caller's to close. */
int job_take(struct job *job, const int *fds, int count)
{
	if (plan_map(fds[FD_PLAN], &job->plan) < 0)
		return -1;
	if (job->plan.header->extra_fds != (uint32_t)(count - FD_EXTRA)) {
		plan_unmap(&job->plan);
		errno = EBADMSG;
		return -1;
	}
	job->channel = fds[FD_CHANNEL];
	memcpy(job->stdio, &fds[FD_STDIN], sizeof job->stdio);
	memcpy(job->extra, &fds[FD_EXTRA], sizeof(int) * job->plan.header->extra_fds);
	for (uint32_t i = 0; i < job->plan.header->step_count; i++)
		job->tree[i] = -1;
	return 0;
}

struct job_page *page_new(void)
{
	struct job_page *page =
		mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		abort(); /* no memory for one page: nothing can be reported either, and the host sees our end */
	page->stamps[STAMP_RECEIVED] = now_ns();
	page->step = -1;
	page->listener = -1;
	page->clock = -1;
	return page;
}

/*
 * Sources below folders that the job's id may not enter are opened while we are still root
 * (open_tree(2)); an absent optional one is left for pid 1 to report. A root without CAP_SYS_ADMIN,
 * as in a container, cannot do that: pid 1 then opens what its own id can reach.
 */
static int open_sources(struct job *job)
{
	const struct plan *plan = &job->plan;

	for (uint32_t i = 0; i < plan->header->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		job->page->doing = i;
		if (step->kind == STEP_LAYER || step->kind == STEP_OVERLAY || step->kind == STEP_UPPERS)
			job->tree[i] = sys_open_tree(AT_FDCWD, plan_text(plan, step->a),
						     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (step->kind != STEP_BIND && step->kind != STEP_BIND_FILE && step->kind != STEP_STDIN)
			continue;
		if (step->flags & STEP_FLAG_STORED) {
			if (view_open_folder(job, step) == 0)
				continue;
			if (errno == EPERM)
				return 0;
			job->page->step = (int32_t)i;
			return -1;
		}
		job->tree[i] = bind_open(plan_text(plan, step->a), step->flags);
		if (job->tree[i] < 0 && errno == EPERM)
			return 0;
		if (job->tree[i] < 0 && !(errno == ENOENT && (step->flags & STEP_FLAG_OPTIONAL))) {
			job->page->step = (int32_t)i;
			return -1;
		}
	}
	return 0;
}

static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

/* Everything of the launcher and of its other jobs is closed in the child before it does anything. */
void close_strangers(const struct job *job)
{
	static int kept[PLAN_MAX_STEPS + PLAN_MAX_FDS + VIEWS_MAX + 8];
	unsigned next = 0;
	size_t count = 0;

	kept[count++] = job->lifeline;
	if (job->channel >= 0) {
		kept[count++] = job->channel;
		memcpy(kept + count, job->stdio, sizeof job->stdio);
		count += 3;
	}
	if (job->plan.header) {
		for (uint32_t i = 0; i < job->plan.header->extra_fds; i++)
			kept[count++] = job->extra[i];
		for (uint32_t i = 0; i < job->plan.header->step_count; i++)
			if (job->tree[i] >= 0)
				kept[count++] = job->tree[i];
		for (int i = 0; i < job->view_count; i++)
			if (job->views[i].folder >= 0)
				kept[count++] = job->views[i].folder;
	}
	qsort(kept, count, sizeof *kept, compare);
	for (size_t i = 0; i < count; i++) {
		if ((unsigned)kept[i] > next)
			sys_close_range(next, (unsigned)kept[i] - 1, 0);
		next = (unsigned)kept[i] + 1;
	}
	sys_close_range(next, ~0u, 0);
}

static pid_t clone_init(struct job *job, int lifeline, uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | job->plan.header->namespaces | flags,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.parent_tid = (uint64_t)(uintptr_t)&job->page->init_pid,
		/* a sibling has that of who clones it, and none may be named (clone(2), CLONE_PARENT) */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	pid_t pid = (pid_t)sys_clone3(&args);

	if (pid == 0) {
		job->lifeline = lifeline;
		close_strangers(job);
		init_main(job);
	}
	return pid;
}

/* Clones pid 1 with what it needs, and answers for its map. */
static pid_t spawn_between(struct job *job, const int lifelines[2], uint64_t flags, int *pidfd)
{
	int foreign = (job->plan.header->flags & PLAN_FOREIGN_IDS) != 0;
	pid_t pid = -1;

	if (!foreign || open_sources(job) == 0)
		pid = clone_init(job, lifelines[1], flags, pidfd);
	if (pid > 0 && (job->plan.header->flags & PLAN_SUB_IDS)) {
		int32_t error = EAGAIN;

		if (ranges_map_outer(job, pid, lifelines[0]) < 0)
			send(lifelines[0], &error, sizeof error, MSG_NOSIGNAL);
	} else if (pid > 0 && foreign) {
		int32_t error = identity_map_foreign(job, pid) < 0 ? errno : 0;

		if (!error)
			ranges_own_layers(job, pid);
		send(lifelines[0], &error, sizeof error, MSG_NOSIGNAL);
	}
	return pid;
}

/* Starts pid 1 of the job; on failure job->page->step says at which step, or -1 for the clone itself. */
pid_t spawn_init(struct job *job, int *pidfd)
{
	uint32_t count = job->plan.header->step_count;
	int lifelines[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return -1;
	pid = spawn_between(job, lifelines, 0, pidfd);
	for (uint32_t i = 0; i < count; i++)
		close_fd(&job->tree[i]);
	for (int i = 0; i < job->view_count; i++)
		close_fd(&job->views[i].folder);
	close_fd(&lifelines[1]);
	if (pid < 0)
		close_fd(&lifelines[0]);
	job->lifeline = pid < 0 ? -1 : lifelines[0];
	return pid;
}

__attribute__((noreturn)) static void open_apart(struct job *job, const int lifelines[2])
{
	int pidfd = -1;
	pid_t pid;

	/* The end of the launcher's sockets is the end of its jobs: none may outlive it here. Step 0 has no tree. */
	job->lifeline = lifelines[1];
	job->tree[0] = lifelines[0];
	close_strangers(job);
	job->tree[0] = -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		_exit(1);
	pid = spawn_between(job, lifelines, CLONE_PARENT, &pidfd);
	if (pid < 0 || message_send_word(lifelines[1], (int32_t)pid, pidfd) < 0)
		job->page->error = errno;
	_exit(0);
}

/*
 * A source on a server that does not answer holds whoever opens it in the kernel, where no signal ends it; the
 * launcher has the deadlines of other jobs to keep. A child opens in its place, and makes pid 1 the launcher's
 * child (clone(2), CLONE_PARENT). As itself, without real root's help, pid 1 opens its sources alone.
 */
pid_t spawn_apart(struct job *job, int *pidfd)
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
		open_apart(job, lifelines);
	close_fd(&lifelines[1]);
	if (pid < 0)
		close_fd(&lifelines[0]);
	job->lifeline = pid < 0 ? -1 : lifelines[0];
	return pid;
}
