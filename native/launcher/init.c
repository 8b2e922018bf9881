/*
 * pid 1 of a job: builds its root, starts the payload, gives up every privilege, and supervises
 * (supervise.c).
 */
#include "job.h"

#include <linux/capability.h>
#include <linux/netlink.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

__attribute__((noreturn)) static void fail(struct job *job)
{
	struct report report;

	if (job->channel < 0)
		spare_await_channel(job);
	report_fill(&report, REPORT_FAILED, job->page);
	report.step = job->page->step;
	report.error = job->page->error;
	report.detail = job->page->detail;
	report_send(job->channel, &report, NULL, 0);
	_exit(0);
}

__attribute__((noreturn)) void init_fail_at(struct job *job, uint32_t step)
{
	job->page->error = errno ? errno : EIO;
	job->page->step = (int32_t)step;
	fail(job);
}

/* Runs the steps of pid 1 from job->done on, as long as `wanted` says so. */
static void build(struct job *job, int (*wanted)(const struct plan_step *))
{
	const struct plan_step *steps_of_plan = job->plan.steps;

	for (; wanted(&steps_of_plan[job->done]); job->done++) {
		const struct plan_step *step = &steps_of_plan[job->done];

		if (step->phase != job->phase) {
			if (job->phase <= PHASE_ROOT && step->phase > PHASE_ROOT && mounts_begin(job) < 0)
				init_fail_at(job, job->done - 1);
			job->phase = step->phase;
			job->page->stamps[STAMP_PHASE0 + job->phase] = now_ns();
		}
		job->page->doing = job->done;
		if (step_run(job, step) < 0)
			init_fail_at(job, job->done);
	}
}

static int is_of_init(const struct plan_step *step)
{
	return step->phase <= PHASE_HOST;
}

void init_foresee(struct job *job)
{
	build(job, step_is_foreseeable);
}

/* What was opened for the root, or what the payload left in the shared table. */
static void close_low(int kept)
{
	if (kept >= FIRST_OWN_FD)
		kept = -1;
	if (kept > 0)
		sys_close_range(0, (unsigned)kept - 1, 0);
	sys_close_range((unsigned)(kept + 1), FIRST_OWN_FD - 1, 0);
}

static void move_up(struct job *job, int *fd, uint32_t step)
{
	int high = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_OWN_FD);

	if (*fd >= 0 && high < 0)
		init_fail_at(job, step);
	close_fd(fd);
	*fd = high;
}

static uint32_t step_of_kind(const struct job *job, unsigned kind)
{
	uint32_t step = 0;

	while (job->plan.steps[step].kind != kind)
		step++; /* ends: what is asked for is indispensable (plan.c) */
	return step;
}

/* Nothing of what the root was built from stays open beside what supervision needs. */
static void keep_few_descriptors(struct job *job, uint32_t payload_step)
{
	uint32_t session;

	move_up(job, &job->channel, payload_step);
	move_up(job, &job->lifeline, payload_step);
	move_up(job, &job->root, payload_step);
	move_up(job, &job->scratch, payload_step);
	move_up(job, &job->proc, payload_step);
	for (int i = 0; i < 3; i++)
		move_up(job, &job->stdio[i], payload_step);
	move_up(job, &job->lookups.port, payload_step);
	for (int i = 0; i < job->tmpfs_count; i++)
		move_up(job, &job->tmpfs[i], payload_step);
	if (cgroup_keep(job, &job->plan.steps[step_of_kind(job, STEP_CGROUP)]) < 0)
		init_fail_at(job, payload_step);
	for (uint32_t i = 0; i < job->plan.header->extra_fds; i++)
		close(job->extra[i]);
	session = step_of_kind(job, STEP_SESSION);
	if (terminal_open(job, &job->plan.steps[session]) < 0)
		init_fail_at(job, session);
	if (!(job->plan.steps[session].flags & STEP_FLAG_TERMINAL) && streams_own(job) < 0)
		init_fail_at(job, session);
	close_fd(&job->pts);
	close_fd(&job->upper_folder);
	close_low(-1);
}

/* Of the two things that may refuse the clone: a user namespace does with one of these (user_namespaces(7)). */
static unsigned refused_by(const struct job *job)
{
	return job->cgroup < 0 || errno == EPERM || errno == ENOSPC || errno == EUSERS ? STEP_INNER_USERNS
										       : STEP_CGROUP;
}

/*
 * RLIMIT_NPROC counts the tasks of one id. All ids of a job together are held by the limit of its namespace, which
 * is that of who makes it, as it is then (enforced_nproc_rlimit, kernel/user_namespace.c, Linux 5.14); it counts what our own id
 * has as well: us, and the mapper, which is gone by the time the job makes tasks.
 */
static int limit_all_ids(const struct job *job)
{
	const struct plan_step *step = job->plan.steps;
	struct rlimit limit;

	if (!(job->plan.header->flags & PLAN_SUB_IDS))
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
static pid_t start_payload(struct job *job, uint32_t first_step)
{
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_FILES | CLONE_VFORK,
				   .exit_signal = SIGCHLD };
	const uint64_t later = lookups_privileges(job);
	pid_t pid;

	/* straight into its group: nothing of it is ever outside, and a move would cost more (cgroups(7)) */
	if (job->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)job->cgroup;
	}

	if (ranges_start_mapper(job) < 0 || limit_all_ids(job) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || capabilities_set(later | 1ull << CAP_SETFCAP) < 0)
		init_fail_at(job, first_step);
	pid = (pid_t)sys_clone3(&args);
	if (pid == 0)
		payload_main(job, first_step);
	if (pid < 0)
		init_fail_at(job, step_of_kind(job, refused_by(job)));
	cgroup_let_go(job);
	ranges_end_mapper(job);
	if (capabilities_set(later) < 0)
		init_fail_at(job, first_step);
	return pid;
}

/* It says itself at which step, unless somebody killed it: the kernel's OOM killer, before the command ran. */
static int payload_failed(struct job *job, uint32_t first_step)
{
	if (!job->page->error && !job->page->stamps[STAMP_STARTED]) {
		job->page->error = ECHILD;
		job->page->step = (int32_t)first_step;
	}
	return job->page->error != 0;
}

/*
 * sock_diag(7) answers for the network namespace in which the socket was made, whoever asks. Without
 * a namespace of the job's own it would show the host's sockets, which nobody may charge to the job.
 * A kernel without it is no failure (fd -1, and the result says so), but a shortage is: another job
 * could have made it.
 */
static int socket_list(const struct job *job, int *fd)
{
	if (!(job->plan.header->namespaces & CLONE_NEWNET))
		return 0;
	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	return *fd >= 0 || errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT ? 0 : -1;
}

/*
 * What is in the writable file systems before the payload runs is the sandbox's. The host could only ask after
 * execve, when the job may have written.
 */
static void count_placed(struct job *job)
{
	struct statfs usage;

	if (fstatfs(job->scratch, &usage) == 0)
		job->page->placed_bytes = (usage.f_blocks - usage.f_bfree) * (uint64_t)usage.f_bsize;
	for (int i = 0; i < job->tmpfs_count; i++)
		if (fstatfs(job->tmpfs[i], &usage) == 0)
			job->page->placed_bytes += (usage.f_blocks - usage.f_bfree) * (uint64_t)usage.f_bsize;
}

static int not_watched(struct job *job, uint32_t first_step)
{
	job->page->error = errno;
	job->page->step = (int32_t)first_step;
	return -1;
}

/* -1 if the host cannot be given what it needs to watch the job: ETOOMANYREFS, unix(7), is in reach of other jobs. */
static int report_started(struct job *job, uint32_t first_step)
{
	struct report report;
	int fds[STARTED_TMPFS + TMPFS_FDS_MAX];
	int count = 0;
	/* shows the ipc namespace of who opened it, to whoever reads it */
	autoclose int segments = openat(job->proc, "sysvipc/shm", O_RDONLY | O_CLOEXEC);
	autoclose int sockets = -1;

	_Static_assert(STARTED_TMPFS + TMPFS_FDS_MAX <= 32, "fd_mask has 32 bits");
	if (socket_list(job, &sockets) < 0)
		return not_watched(job, first_step);
	const int known[] = { job->root, job->proc, job->page->clock,	 job->scratch,
			      segments,	 sockets,   job->terminal.master };
	report_fill(&report, REPORT_STARTED, job->page);
	memcpy(report.namespaces, job->page->namespaces, sizeof report.namespaces);
	memcpy(report.skipped, job->page->skipped, sizeof report.skipped);
	report.capabilities = job->page->capabilities;
	report.no_new_privs = job->page->no_new_privs;
	report.securebits = job->page->securebits;
	report.landlock_abi = job->page->landlock_abi;
	report.shared_inodes = job->page->shared_inodes;
	report.pid = job->page->init_pid;
	report.placed_bytes = job->page->placed_bytes;
	report.setup_user_us = job->page->setup_user_us;
	report.setup_system_us = job->page->setup_system_us;
	for (int i = 0; i < STARTED_TMPFS; i++)
		if (known[i] >= 0) {
			report.fd_mask |= 1u << i;
			fds[count++] = known[i];
		}
	for (int i = 0; i < job->tmpfs_count; i++) {
		report.fd_mask |= 1u << (STARTED_TMPFS + i);
		fds[count++] = job->tmpfs[i];
	}
	/* the launcher's wall clock starts here */
	send(job->lifeline, &job->page->stamps[STAMP_STARTED], sizeof(uint64_t), MSG_NOSIGNAL | MSG_DONTWAIT);
	return report_send(job->channel, &report, fds, count) == 0 ? 0 : not_watched(job, first_step);
}

static int children_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void init_main(struct job *job)
{
	uint32_t payload_step;
	int children;
	pid_t payload;

	job->page->stamps[STAMP_CLONED] = now_ns();
	prctl(PR_SET_NAME, "init", 0, 0, 0);
	umask(0);
	/* what a spare did ahead took none of this job's time */
	memset(&job->page->stamps[STAMP_PHASE0], 0, sizeof(uint64_t) * (job->phase + 1));
	job->page->stamps[STAMP_PHASE0 + job->phase] = job->phase ? now_ns() : 0;
	build(job, is_of_init);
	payload_step = job->done;
	keep_few_descriptors(job, payload_step);
	/* before the payload runs: nothing of ours may fail afterwards */
	children = children_signal();
	move_up(job, &children, payload_step);
	count_placed(job);
	payload = start_payload(job, payload_step);
	if (payload_failed(job, payload_step) || report_started(job, payload_step) < 0) {
		kill(-1, SIGKILL);
		fail(job);
	}
	/* what the job wrote to or reads from ends when the job ends, not when we do */
	close_low(job->page->listener);
	close_fd(&job->page->clock);
	close_fd(&job->terminal.master);
	for (int i = 0; i < 3; i++)
		close(job->stdio[i]);
	supervise(job, payload, children);
	_exit(0);
}
