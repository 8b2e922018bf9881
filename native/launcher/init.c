/*
 * pid 1 of a job: builds its root, starts the payload, and then, without any privilege, waits: for
 * the end of the payload, for the policy's kill, for the launcher's word or for the launcher's death.
 * Whichever comes first, it kills everything, reaps to the last, and reports.
 */
#include "job.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The job may set RLIMIT_NOFILE as low as it likes: our own descriptors stay out of its way. */
#define FIRST_OWN_FD 16

static int (*const steps[STEP_KIND_COUNT])(struct job *, const struct plan_step *) = {
	[STEP_IDENTITY] = step_identity,
	[STEP_ROOT] = step_root,
	[STEP_SCRATCH] = step_scratch,
	[STEP_BIND] = step_bind,
	[STEP_FOLDER] = step_folder,
	[STEP_TMPFS] = step_tmpfs,
	[STEP_OVERLAY] = step_overlay,
	[STEP_SYMLINK] = step_symlink,
	[STEP_DEVICES] = step_devices,
	[STEP_PROC] = step_proc,
	[STEP_MASK] = step_mask,
	[STEP_FILE] = step_file,
	[STEP_PIVOT] = step_pivot,
	[STEP_SEAL_ROOT] = step_seal_root,
	[STEP_HOSTNAME] = step_hostname,
	[STEP_LOOPBACK] = step_loopback,
	[STEP_SYSCTL] = step_sysctl,
	[STEP_SESSION] = step_session,
	[STEP_INNER_USERNS] = step_inner_userns,
	[STEP_LOCK_PRIVILEGE] = step_lock_privilege,
	[STEP_CREDENTIALS] = step_credentials,
	[STEP_RLIMIT] = step_rlimit,
	[STEP_DROP_CAPABILITIES] = step_drop_capabilities,
	[STEP_NO_NEW_PRIVS] = step_no_new_privs,
	[STEP_CPU_CLOCK] = step_cpu_clock,
	[STEP_WORKING_FOLDER] = step_working_folder,
	[STEP_LANDLOCK_WRITABLE] = step_landlock_writable,
	[STEP_LANDLOCK] = step_landlock,
	[STEP_SECCOMP] = step_seccomp,
	[STEP_EXEC] = step_exec,
};

int step_run(struct job *job, const struct plan_step *step)
{
	if (step->flags & STEP_FLAG_OPTIONAL)
		job->optional_steps++;
	errno = 0;
	return steps[step->kind](job, step);
}

void step_skip(struct job *job)
{
	unsigned number = (unsigned)job->optional_steps - 1;

	if (number < 8 * sizeof job->page->skipped)
		job->page->skipped[number / 32] |= 1u << (number % 32);
}

__attribute__((noreturn)) static void fail(struct job *job)
{
	struct report report;

	report_fill(&report, REPORT_FAILED, job->page);
	report.step = job->page->step;
	report.error = job->page->error;
	report.detail = job->page->detail;
	report_send(job->channel, &report, NULL, 0);
	_exit(0);
}

__attribute__((noreturn)) static void fail_at(struct job *job, uint32_t step)
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
				fail_at(job, job->done - 1);
			job->phase = step->phase;
			job->page->stamps[STAMP_PHASE0 + job->phase] = now_ns();
		}
		if (step_run(job, step) < 0)
			fail_at(job, job->done);
	}
}

static int is_of_init(const struct plan_step *step)
{
	return step->phase <= PHASE_HOST;
}

/*
 * What a spare may build before it knows its job: the host's folders behind overlays, and what is the
 * same in every job. Nothing that a user named, whose meaning may change until the job comes, and no
 * byte of any file.
 */
int step_is_foreseeable(const struct plan_step *step)
{
	switch (step->kind) {
	case STEP_IDENTITY:
	case STEP_ROOT:
	case STEP_SCRATCH:
	case STEP_SYMLINK:
	case STEP_DEVICES:
	case STEP_PROC:
	case STEP_MASK:
	case STEP_FOLDER:
		return 1;
	default:
		return step->kind == STEP_BIND && (step->flags & STEP_FLAG_OWN_INODES);
	}
}

void init_foresee(struct job *job)
{
	build(job, step_is_foreseeable);
}

static void move_up(struct job *job, int *fd, uint32_t step)
{
	int high = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_OWN_FD);

	if (*fd >= 0 && high < 0)
		fail_at(job, step);
	close_fd(fd);
	*fd = high;
}

/* Nothing of what the root was built from stays open beside what supervision needs. */
static void keep_few_descriptors(struct job *job, uint32_t payload_step)
{
	move_up(job, &job->channel, payload_step);
	move_up(job, &job->lifeline, payload_step);
	move_up(job, &job->root, payload_step);
	move_up(job, &job->scratch, payload_step);
	move_up(job, &job->proc, payload_step);
	for (int i = 0; i < 3; i++)
		move_up(job, &job->stdio[i], payload_step);
	for (int i = 0; i < job->tmpfs_count; i++)
		move_up(job, &job->tmpfs[i], payload_step);
	sys_close_range(0, FIRST_OWN_FD - 1, 0);
}

/*
 * A payload that maps an id to our 0 needs a creator with CAP_SETFCAP (user_namespaces(7), "Defining
 * user and group ID mappings", Linux 5.12); it goes as soon as the payload runs. No memory is shared:
 * dumpability belongs to it, and ours has to stay off while the payload's is on.
 */
static pid_t start_payload(struct job *job, uint32_t first_step)
{
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_FILES | CLONE_VFORK, .exit_signal = SIGCHLD };
	pid_t pid;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || capabilities_set(1ull << CAP_SETFCAP) < 0)
		fail_at(job, first_step);
	pid = (pid_t)sys_clone3(&args);
	if (pid == 0)
		payload_main(job, first_step);
	if (pid < 0)
		fail_at(job, first_step);
	if (capabilities_set(0) < 0)
		fail_at(job, first_step);
	return pid;
}

static void report_started(struct job *job)
{
	struct report report;
	int fds[STARTED_TMPFS + TMPFS_FDS_MAX];
	int count = 0;
	/* shows the ipc namespace of who opened it, to whoever reads it */
	autoclose int segments = openat(job->proc, "sysvipc/shm", O_RDONLY | O_CLOEXEC);
	const int known[] = { job->root, job->proc, job->page->clock, job->scratch, segments };

	report_fill(&report, REPORT_STARTED, job->page);
	memcpy(report.namespaces, job->page->namespaces, sizeof report.namespaces);
	memcpy(report.skipped, job->page->skipped, sizeof report.skipped);
	report.capabilities = job->page->capabilities;
	report.no_new_privs = job->page->no_new_privs;
	report.securebits = job->page->securebits;
	report.landlock_abi = job->page->landlock_abi;
	report.shared_inodes = job->page->shared_inodes;
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
	report_send(job->channel, &report, fds, count);
}

struct ending {
	int status;
	int killed;
	uint64_t reaped;
	uint64_t at;
};

static void note(struct ending *ending, pid_t payload, pid_t pid, int status)
{
	ending->reaped++;
	if (pid != payload)
		return;
	ending->at = now_ns();
	ending->status = status;
}

/* True once the payload itself is reaped. */
static int reap_some(struct ending *ending, pid_t payload)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note(ending, payload, pid, status);
	return ending->at != 0;
}

/* The policy's kill: what the filter handed to us instead of killing, so that the call can be named. */
static int violation(struct job *job)
{
	struct seccomp_notif notification;
	struct report report;

	memset(&notification, 0, sizeof notification);
	if (ioctl(job->page->listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0)
		return 0; /* ENOENT: the caller died meanwhile */
	report_fill(&report, REPORT_VIOLATION, NULL);
	report.call = (uint32_t)notification.data.nr;
	report.arch = notification.data.arch;
	report.pid = (int32_t)notification.pid;
	report_send(job->channel, &report, NULL, 0);
	return 1;
}

/* Returns when the tree has to die. */
static void watch(struct job *job, pid_t payload, int children, struct ending *ending)
{
	struct pollfd events[] = {
		{ .fd = children, .events = POLLIN },
		{ .fd = job->lifeline, .events = POLLIN },
		{ .fd = job->page->listener, .events = POLLIN },
	};

	while (!reap_some(ending, payload)) {
		struct signalfd_siginfo signals[16];

		if (poll(events, 3, -1) < 0)
			continue;
		if (events[2].revents & POLLIN && violation(job))
			break;
		if (events[2].revents & (POLLHUP | POLLERR))
			events[2].fd = -1; /* no process with the filter is left */
		if (events[1].revents)
			break; /* a command, or the launcher is gone */
		if (events[0].revents && read(children, signals, sizeof signals) < 0 && errno != EAGAIN)
			break;
	}
	ending->killed = ending->at == 0;
}

static void kill_and_reap(struct ending *ending, pid_t payload)
{
	int status;
	pid_t pid;

	do {
		/* one pass is enough: fork() returns ERESTARTNOINTR to a task with a signal pending (fork.c) */
		kill(-1, SIGKILL);
		while ((pid = waitpid(-1, &status, 0)) > 0)
			note(ending, payload, pid, status);
	} while (errno == EINTR);
}

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static void report_ended(struct job *job, const struct ending *ending)
{
	struct report report;
	struct rusage usage;

	report_fill(&report, REPORT_ENDED, job->page);
	getrusage(RUSAGE_CHILDREN, &usage);
	report.status = ending->status;
	report.killed = (uint32_t)ending->killed;
	report.user_us = microseconds(usage.ru_utime);
	report.system_us = microseconds(usage.ru_stime);
	report.setup_user_us = job->page->setup_user_us;
	report.setup_system_us = job->page->setup_system_us;
	report.max_rss_kib = (uint64_t)usage.ru_maxrss;
	report.wall_ns = ending->at - job->page->stamps[STAMP_STARTED];
	report.reaped = ending->reaped;
	report_send(job->channel, &report, NULL, 0);
}

/* The host collects outputs through our mount namespace: it must live until the host says so or dies. */
static void hold(const struct job *job)
{
	char word;

	while (recv(job->lifeline, &word, 1, 0) > 0 && word != COMMAND_RELEASE)
		;
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
	struct ending ending = { 0 };
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
	payload = start_payload(job, payload_step);
	if (job->page->error) {
		kill(-1, SIGKILL);
		fail(job);
	}
	children = children_signal();
	move_up(job, &children, payload_step);
	move_up(job, &job->page->listener, payload_step);
	report_started(job);
	/* what the job wrote to or reads from ends when the job ends, not when we do */
	sys_close_range(0, FIRST_OWN_FD - 1, 0);
	for (int i = 0; i < 3; i++)
		close(job->stdio[i]);
	watch(job, payload, children, &ending);
	kill_and_reap(&ending, payload);
	report_ended(job, &ending);
	if (job->plan.header->flags & PLAN_HOLD)
		hold(job);
	_exit(0);
}
