/*
 * The launcher: one process that turns job messages into jobs and outlives none of its reasons to
 * live. It holds what must hold while the managed host is paused or dead: the wall-clock deadline,
 * and the end of every job when the host is gone.
 */
#include "doctor.h"
#include "job.h"

#include <grp.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CONTROL_FD 3
#define JOBS_MAX 1024
#define TEARDOWN_NS 5000000000ull

struct live {
	int channel;
	int lifeline;
	int pidfd;
	struct job_page *page;
	uint64_t wall_ns;
	uint64_t deadline; /* CLOCK_MONOTONIC; 0: none */
	enum deadline meaning;
	int started;
	int hold; /* pid 1 lives on after the end, until released */
};

static struct live jobs[JOBS_MAX];
static int job_count;
static struct pollfd events[1 + 3 * JOBS_MAX];
static struct job building;

static void job_close(struct live *live)
{
	close_fd(&live->channel);
	close_fd(&live->lifeline);
	close_fd(&live->pidfd);
	munmap(live->page, sizeof *live->page);
}

static void job_destroy(const struct live *live)
{
	syscall(SYS_pidfd_send_signal, live->pidfd, SIGKILL, NULL, 0);
}

/* pid 1 says once when execve was; false while it has not. */
static int heard_start(struct live *live, uint64_t *at)
{
	if (recv(live->lifeline, at, sizeof *at, MSG_DONTWAIT) != sizeof *at)
		return 0;
	live->started = 1;
	return 1;
}

/*
 * Before execve pid 1 waits in vfork and hears nothing: it is killed, and the kernel kills the rest of
 * the namespace with it (pid_namespaces(7)). Afterwards it is asked, so that it reaps and reports.
 */
static void job_kill(struct live *live)
{
	const char word = COMMAND_KILL;
	uint64_t at;

	/* the word of the start may lie unread while the host reacts to it already */
	if (!live->started)
		heard_start(live, &at);
	if (!live->started || send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		job_destroy(live);
	live->deadline = now_ns() + TEARDOWN_NS;
	live->meaning = DEADLINE_TEARDOWN;
}

static void report_deadline(const struct live *live)
{
	struct report report;

	report_fill(&report, REPORT_DEADLINE, NULL);
	report.step = (int32_t)live->meaning;
	report_send(live->channel, &report, NULL, 0);
}

static void job_expire(struct live *live)
{
	enum deadline meaning = live->meaning;

	report_deadline(live);
	live->deadline = 0;
	if (meaning == DEADLINE_TEARDOWN) {
		job_destroy(live);
		live->deadline = now_ns() + TEARDOWN_NS;
		live->meaning = DEADLINE_ABANDONED; /* in the kernel's hands: uninterruptible, as on a dead NFS server */
	} else if (meaning != DEADLINE_ABANDONED) {
		job_kill(live);
	}
}

static void job_gone(struct live *live)
{
	struct report report;
	struct rusage usage;
	siginfo_t info;

	memset(&info, 0, sizeof info);
	syscall(SYS_waitid, P_PIDFD, live->pidfd, &info, WEXITED, &usage);
	report_fill(&report, REPORT_GONE, live->page);
	report.status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
	report_send(live->channel, &report, NULL, 0);
}

/* The host's word, or its end. */
static void job_command(struct live *live)
{
	char word = 0;
	ssize_t size = recv(live->channel, &word, 1, MSG_DONTWAIT);

	if (size < 0 && errno == EAGAIN)
		return;
	if (size == 1 && word == COMMAND_RELEASE) {
		send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	if (size <= 0) {
		job_destroy(live); /* nobody is left to report to */
		live->deadline = 0;
		close_fd(&live->channel);
		live->channel = -1;
		return;
	}
	job_kill(live);
}

static void job_started(struct live *live)
{
	uint64_t at;

	if (!heard_start(live, &at))
		return; /* its end: the pidfd tells */
	if (live->meaning == DEADLINE_TEARDOWN) {
		job_kill(live); /* killed meanwhile */
		return;
	}
	live->deadline = live->wall_ns ? at + live->wall_ns : 0;
	live->meaning = DEADLINE_WALL;
}

static void refuse(int channel, const struct job *job, int error)
{
	struct report report;

	report_fill(&report, REPORT_FAILED, job->page);
	report.step = job->page ? job->page->step : -1;
	report.error = error;
	report_send(channel, &report, NULL, 0);
	report.kind = REPORT_GONE;
	report_send(channel, &report, NULL, 0);
}

static struct job_page *page_new(void)
{
	struct job_page *page =
		mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	page->stamps[STAMP_RECEIVED] = now_ns();
	page->step = -1;
	page->listener = -1;
	page->clock = -1;
	return page;
}

/* Takes the descriptors of a message; on success the job lives in `live`. */
static int job_start(const int *fds, int count, struct live *live)
{
	struct job *job = &building;
	const struct plan_header *header;
	pid_t pid;

	memset(job, 0, offsetof(struct job, tree));
	job->root = job->scratch = job->proc = job->sysctls = job->landlock = -1;
	job->own_count = job->tmpfs_count = job->view_count = job->folders = job->overlays = job->hidden_files = job->optional_steps = 0;
	job->open_files = (struct rlimit){ 0 };
	job->page = page_new();
	if (!job->page || plan_map(fds[FD_PLAN], &job->plan) < 0)
		return -1;
	header = job->plan.header;
	if (header->extra_fds != (uint32_t)(count - FD_EXTRA)) {
		errno = EBADMSG;
		return -1;
	}
	job->channel = fds[FD_CHANNEL];
	memcpy(job->stdio, &fds[FD_STDIN], sizeof job->stdio);
	memcpy(job->extra, &fds[FD_EXTRA], sizeof(int) * header->extra_fds);
	live->pidfd = -1;
	pid = spawn_init(job, &live->pidfd);
	*live = (struct live){
		.channel = job->channel,
		.lifeline = job->lifeline,
		.pidfd = live->pidfd,
		.page = job->page,
		.wall_ns = header->wall_ns,
		.deadline = job->page->stamps[STAMP_RECEIVED] + header->setup_ns,
		.meaning = DEADLINE_SETUP,
	};
	plan_unmap(&job->plan);
	return pid < 0 ? -1 : 0;
}

static void accept_job(const int *fds, int count)
{
	int error = EBADMSG;

	if (count >= FD_EXTRA && job_count < JOBS_MAX) {
		building.page = NULL;
		if (job_start(fds, count, &jobs[job_count]) == 0) {
			job_count++;
			for (int i = 0; i < count; i++)
				if (i != FD_CHANNEL)
					close(fds[i]);
			return;
		}
		error = errno;
	} else if (count >= FD_EXTRA) {
		error = EAGAIN;
	}
	if (count > FD_CHANNEL)
		refuse(fds[FD_CHANNEL], &building, error);
	if (building.page)
		munmap(building.page, sizeof *building.page);
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

/* False once the host has closed its end. */
static int receive(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * PLAN_MAX_FDS)];
	} control;
	char word;
	struct iovec body = { &word, sizeof word };
	struct msghdr message = {
		.msg_iov = &body, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};
	ssize_t size = recvmsg(CONTROL_FD, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fds[PLAN_MAX_FDS];
	size_t bytes = 0;

	if (size < 0)
		return errno == EAGAIN || errno == EINTR;
	if (size == 0)
		return 0;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
			bytes = header->cmsg_len - CMSG_LEN(0);
			memcpy(fds, CMSG_DATA(header), bytes);
			break;
		}
	accept_job(fds, (int)(bytes / sizeof(int)));
	return 1;
}

static int poll_timeout(struct timespec *timeout)
{
	uint64_t earliest = 0;
	uint64_t now = now_ns();

	for (int i = 0; i < job_count; i++)
		if (jobs[i].deadline && (!earliest || jobs[i].deadline < earliest))
			earliest = jobs[i].deadline;
	if (!earliest)
		return 0;
	earliest = earliest > now ? earliest - now : 0;
	timeout->tv_sec = (time_t)(earliest / 1000000000u);
	timeout->tv_nsec = (long)(earliest % 1000000000u);
	return 1;
}

/* Backwards, because a job that is gone makes room by moving the last one into its place. */
static void serve_jobs(void)
{
	for (int i = job_count - 1; i >= 0; i--) {
		struct live *live = &jobs[i];
		const struct pollfd *event = &events[1 + 3 * i];

		if (event[1].revents & POLLIN)
			job_started(live);
		if (event[2].revents) {
			job_gone(live);
			job_close(live);
			jobs[i] = jobs[--job_count];
			continue;
		}
		if (event[0].revents)
			job_command(live);
		if (live->deadline && live->deadline <= now_ns())
			job_expire(live);
	}
}

static void serve(void)
{
	struct timespec timeout;

	for (;;) {
		int timed = poll_timeout(&timeout);

		events[0] = (struct pollfd){ .fd = CONTROL_FD, .events = POLLIN };
		for (int i = 0; i < job_count; i++) {
			events[1 + 3 * i] = (struct pollfd){ .fd = jobs[i].channel, .events = POLLIN };
			events[2 + 3 * i] = (struct pollfd){ .fd = jobs[i].started ? -1 : jobs[i].lifeline, .events = POLLIN };
			events[3 + 3 * i] = (struct pollfd){ .fd = jobs[i].pidfd, .events = POLLIN };
		}
		if (ppoll(events, 1 + 3 * (nfds_t)job_count, timed ? &timeout : NULL, NULL) < 0 && errno != EINTR)
			return;
		serve_jobs();
		if (events[0].revents && !receive())
			return;
	}
}

/*
 * A keyring is shared by everything that inherits it. One per launcher, with nobody allowed to do
 * anything with it; one per job would exhaust the user's quota (keyrings(7), /proc/sys/kernel/keys).
 */
static void join_inert_keyring(void)
{
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

	if (ring >= 0)
		syscall(SYS_keyctl, KEYCTL_SETPERM, ring, 0);
}

static int prepare(void)
{
	/* 1, not 0: see LimitSteps.cs, and a job could not raise it again */
	struct rlimit no_core = { .rlim_cur = 1, .rlim_max = 1 };
	struct rlimit files;
	struct sigaction action;
	sigset_t none;

	memset(&action, 0, sizeof action);
	action.sa_handler = SIG_DFL;
	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &action, NULL);
	/* pid 1 inherits the mask: SIGCHLD is read from a signalfd */
	sigemptyset(&none);
	sigaddset(&none, SIGCHLD);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sys_close_range(CONTROL_FD + 1, ~0u, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max; /* three for each job */
		setrlimit(RLIMIT_NOFILE, &files);
	}
	join_inert_keyring();
	/* as real root: none of its groups may follow into a job (credentials(7)) */
	return geteuid() == 0 ? setgroups(0, NULL) : 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "doctor") == 0)
		return doctor_main(STDOUT_FILENO);
	if (prepare() < 0 && errno != EPERM) {
		perror("sandbox: launcher");
		return 1;
	}
	serve();
	/* the host is gone: so is every job */
	for (int i = 0; i < job_count; i++)
		job_destroy(&jobs[i]);
	return 0;
}
