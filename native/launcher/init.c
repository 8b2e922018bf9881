/*
 * pid 1 of a job: builds its root, starts the payload, gives up every privilege, and supervises
 * (supervise.c).
 */
#include "init.h"

#include "capabilities.h"
#include "clock.h"
#include "confine.h"
#include "copied.h"
#include "ids.h"
#include "report.h"
#include "root.h"
#include "started.h"
#include "steps.h"
#include "steps_cgroup.h"
#include "steps_mounts.h"
#include "streams.h"
#include "supervise.h"
#include "sys.h"
#include "terminal.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

struct init {
	struct request *request;
	struct job_page *page;
	struct root root;
	struct payload payload;
	struct terminal terminal;
	uint32_t done;	/* steps */
	unsigned phase; /* of the last of them */
};

/* Of the one job that this process is for; the launcher, which it is cloned from, never touches it. */
static struct init self;

static struct init *begin(struct request *request)
{
	self.request = request;
	self.page = request->page;
	self.terminal.master = self.terminal.slave = -1;
	root_begin(&self.root, request);
	payload_begin(&self.payload, request);
	return &self;
}

__attribute__((noreturn)) static void fail(struct init *init)
{
	struct report report;

	if (init->request->channel < 0)
		request_await_channel(init->request);
	report_fill(&report, REPORT_FAILED, init->page);
	report.step = init->page->step;
	report.error = init->page->error;
	report.detail = init->page->detail;
	report_send(init->request->channel, &report, NULL, 0);
	_exit(0);
}

/* Reports errno as the failure of a step. */
__attribute__((noreturn)) static void fail_at(struct init *init, uint32_t step)
{
	init->page->error = errno ? errno : EIO;
	init->page->step = (int32_t)step;
	fail(init);
}

/* Runs the steps of pid 1 from init->done on, as long as `wanted` says so. */
static void build(struct init *init, int (*wanted)(const struct plan_step *), int (*carry_out)(struct root *, const struct plan_step *))
{
	const struct plan_step *steps_of_plan = init->request->plan.steps;

	for (; wanted(&steps_of_plan[init->done]); init->done++) {
		const struct plan_step *step = &steps_of_plan[init->done];

		if (step->phase != init->phase) {
			if (init->phase <= PHASE_ROOT && step->phase > PHASE_ROOT && !init->root.copied &&
			    mounts_begin(&init->root) < 0)
				fail_at(init, init->done - 1);
			init->phase = step->phase;
			init->page->stamps[STAMP_PHASE0 + init->phase] = now_ns();
		}
		init->page->doing = init->done;
		if (carry_out(&init->root, step) < 0)
			fail_at(init, init->done);
	}
}

static int is_of_init(const struct plan_step *step)
{
	return step->phase <= PHASE_HOST;
}

void init_ahead(struct request *request, uint32_t uid, uint32_t gid)
{
	struct init *init = begin(request);

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || ids_map_self("/proc", uid, gid) < 0)
		fail_at(init, 0); /* STEP_IDENTITY, in every plan */
	init->root.mapped = 1;
	if (!request->plan.header)
		return;
	umask(0);
	build(init, step_is_speculative, step_build);
}

void init_copied(struct request *request)
{
	struct init *init = begin(request);

	/* the working directory is the original's shelf, and our ids outside are its own: the root of its user namespace */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || ids_map_self("proc", 0, 0) < 0 || copied_begin(&init->root) < 0)
		fail_at(init, 0);
	init->root.mapped = 1;
	umask(0);
	build(init, step_is_speculative, copied_finish);
	init->page->copied = 1;
}

/* What was opened for the root, or what the payload left in the shared table. */
static void close_low(int kept)
{
	if (kept >= FIRST_OWN_FD)
		kept = -1;
	if (kept > 0)
		sys_close_range(0, (unsigned)kept - 1, 0);
	sys_close_range((unsigned)(kept + 1), (unsigned)FIRST_OWN_FD - 1, 0);
}

static void move_up(struct init *init, int *fd, uint32_t step)
{
	int high = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_OWN_FD);

	if (*fd >= 0 && high < 0)
		fail_at(init, step);
	close_fd(fd);
	*fd = high;
}

/* Of an indispensable one. */
static uint32_t step_of_kind(const struct init *init, unsigned kind)
{
	return (uint32_t)(plan_find(&init->request->plan, kind) - init->request->plan.steps);
}

/* Nothing of what the root was built from stays open beside what supervision needs. */
static void keep_few_descriptors(struct init *init, uint32_t payload_step)
{
	const struct plan_step *session = plan_find(&init->request->plan, STEP_SESSION);
	const uint32_t session_step = step_of_kind(init, STEP_SESSION);

	move_up(init, &init->request->channel, payload_step);
	move_up(init, &init->request->lifeline, payload_step);
	move_up(init, &init->root.mount, payload_step);
	move_up(init, &init->root.scratch, payload_step);
	move_up(init, &init->root.proc, payload_step);
	init->payload.proc = init->root.proc;
	for (int i = 0; i < 3; i++)
		move_up(init, &init->request->stdio[i], payload_step);
	move_up(init, &init->root.pts, payload_step);
	move_up(init, &init->root.lookups.port, payload_step);
	for (int i = 0; i < init->root.tmpfs_count; i++)
		move_up(init, &init->root.tmpfs[i], payload_step);
	for (int i = 0; i < init->root.port_count; i++)
		move_up(init, &init->root.ports[i], payload_step);
	if (cgroup_keep(&init->payload, plan_find(&init->request->plan, STEP_CGROUP)) < 0)
		fail_at(init, payload_step);
	if (streams_keep(init->request, session) < 0)
		fail_at(init, session_step);
	for (uint32_t i = 0; i < init->request->plan.header->extra_fds; i++)
		close(init->request->extra[i]);
	if (terminal_open(&init->terminal, init->request, init->root.pts, session) < 0 ||
	    (init->terminal.slave >= 0 && ids_give(&init->request->plan, init->terminal.slave, "") < 0))
		fail_at(init, session_step);
	if (!(session->flags & STEP_FLAG_TERMINAL) && streams_own(&init->root) < 0)
		fail_at(init, session_step);
	close_fd(&init->root.upper_directory);
	if (request_begin(init->request) < 0)
		fail_at(init, payload_step);
	close_low(-1);
}

/* Of the two things that may refuse the clone: a user namespace does with one of these (user_namespaces(7)). */
static unsigned refused_by(const struct payload *payload)
{
	return payload->cgroup < 0 || errno == EPERM || errno == ENOSPC || errno == EUSERS ? STEP_INNER_USERNS
											   : STEP_CGROUP;
}

/*
 * RLIMIT_NPROC counts the tasks of one id. All ids of a job together are held by the limit of its namespace, which
 * is that of who makes it, as it is then (enforced_nproc_rlimit, kernel/user_namespace.c, Linux 5.14); it counts what our own id
 * has as well: us, and the mapper, which is gone by the time the job makes tasks.
 */
static int limit_all_ids(const struct plan *plan)
{
	const struct plan_step *step = plan->steps;
	struct rlimit limit;

	if (!(plan->header->flags & PLAN_SUB_IDS))
		return 0;
	while (step->kind != STEP_EXEC && !(step->kind == STEP_RLIMIT && step->value[0] == RLIMIT_NPROC))
		step++;
	if (step->kind == STEP_EXEC || getrlimit(RLIMIT_NPROC, &limit) < 0)
		return step->kind == STEP_EXEC ? 0 : -1;
	if (step->value[2] >= limit.rlim_max || limit.rlim_max - step->value[2] < 2)
		return 0;
	limit.rlim_cur = limit.rlim_max = step->value[2] + 2;
	return setrlimit(RLIMIT_NPROC, &limit);
}

/*
 * A payload that maps an id to our 0 needs a creator with CAP_SETFCAP (user_namespaces(7), "Defining
 * user and group ID mappings", Linux 5.12); it goes as soon as the payload runs. No memory is shared:
 * dumpability belongs to it, and ours has to stay off while the payload's is on.
 */
static pid_t start_payload(struct init *init, uint32_t first_step)
{
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_FILES | CLONE_VFORK,
				   .exit_signal = SIGCHLD };
	const uint64_t later = lookups_privileges(&init->root.lookups, &init->request->plan);
	pid_t pid;

	/* straight into its group: nothing of it is ever outside, and a move would cost more (cgroups(7)) */
	if (init->payload.cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)init->payload.cgroup;
	}

	if (mapper_start(&init->payload.mapper, &init->request->plan, init->payload.proc) < 0 ||
	    limit_all_ids(&init->request->plan) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    capabilities_set(later | 1ull << CAP_SETFCAP) < 0)
		fail_at(init, first_step);
	pid = (pid_t)sys_clone3(&args);
	if (pid == 0)
		confine_main(&init->payload, first_step);
	if (pid < 0)
		fail_at(init, step_of_kind(init, refused_by(&init->payload)));
	cgroup_let_go(&init->payload);
	mapper_end(&init->payload.mapper, init->page);
	if (capabilities_set(later) < 0)
		fail_at(init, first_step);
	return pid;
}

/* It says itself at which step, unless somebody killed it: the kernel's OOM killer, before the command ran. */
static int payload_failed(struct init *init, uint32_t first_step)
{
	if (!init->page->error && !init->page->stamps[STAMP_STARTED]) {
		init->page->error = ECHILD;
		init->page->step = (int32_t)first_step;
	}
	return init->page->error != 0;
}

static int children_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void init_main(struct request *request)
{
	struct init *init = self.request ? &self : begin(request);
	uint32_t payload_step;
	int children;
	pid_t payload;

	init->page->stamps[STAMP_CLONED] = now_ns();
	prctl(PR_SET_NAME, "init", 0, 0, 0);
	umask(0);
	/* what a pre-forked init did ahead took none of this job's time */
	memset(&init->page->stamps[STAMP_PHASE0], 0, sizeof(uint64_t) * (init->phase + 1));
	init->page->stamps[STAMP_PHASE0 + init->phase] = init->phase ? now_ns() : 0;
	build(init, is_of_init, step_build);
	payload_step = init->done;
	keep_few_descriptors(init, payload_step);
	/* before the payload runs: nothing of ours may fail afterwards */
	children = children_signal();
	move_up(init, &children, payload_step);
	started_count(&init->root);
	payload = start_payload(init, payload_step);
	if (payload_failed(init, payload_step) ||
	    started_report(&init->root, &init->terminal, payload_step) < 0) {
		kill(-1, SIGKILL);
		fail(init);
	}
	/* what the job wrote to or reads from ends when the job ends, not when we do */
	close_low(init->page->listener);
	close_fd(&init->page->clock);
	close_fd(&init->terminal.master);
	/* a port that its host no longer serves is closed, not silent */
	for (int i = 0; i < init->root.port_count; i++)
		close_fd(&init->root.ports[i]);
	streams_close(init->request);
	supervise(&init->root, payload, children);
	_exit(0);
}
