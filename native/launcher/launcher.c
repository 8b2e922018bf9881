/*
 * The launcher: one process that turns job messages into jobs and outlives none of its reasons to
 * live. It holds what must hold while the managed host is paused or dead: the wall-clock deadline,
 * and the end of every job when the host is gone.
 */

#include "beginning.h"
#include "clock.h"
#include "doctor.h"
#include "holder.h"
#include "keeper.h"
#include "live.h"
#include "look.h"
#include "message.h"
#include "prepare.h"
#include "report.h"
#include "preforked.h"
#include "spawn.h"
#include "sys.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define JOBS_MAX 1024
#define LAST_REAP_NS 1000000000ull

static struct live jobs[JOBS_MAX];
static int job_count;
static struct pollfd events[1 + 3 * JOBS_MAX + PREFORKED_EVENTS];
static struct request building;
static struct preforked preforked;
static int once;   /* the host has one job as a rule: another would be made ahead for nobody */
static int ending; /* with the last job */

static void refuse(int channel, const struct request *request, int error)
{
	struct report report;

	report_fill(&report, REPORT_FAILED, request->page);
	report.step = request->page ? request->page->step : -1;
	report.error = error;
	report_send(channel, &report, NULL, 0);
	report.kind = REPORT_GONE;
	report_send(channel, &report, NULL, 0);
}

/* Takes the descriptors of a message; on success the job lives in `live`. */
static int job_start(const int *fds, int count, struct live *live)
{
	struct request *request = &building;
	int pidfd = -1, apart;
	pid_t pid;

	request_reset(request);
	if (request_take(request, fds, count) < 0)
		return -1;
	request->page = page_new();
	if (keeper_start(request) < 0) {
		plan_unmap(&request->plan);
		return -1;
	}
	apart = spawn_needs_apart(&request->plan);
	if (apart)
		pid = spawn_apart(request, &pidfd);
	else if ((pid = preforked_take(&preforked, request, fds, count, &pidfd)) == 0)
		pid = spawn_init(request, &pidfd);
	page_keep(request->page);
	*live = (struct live){
		.channel = request->channel,
		.lifeline = request->lifeline,
		.pidfd = pidfd,
		.pid = pid,
		.apart = apart,
		.page = request->page,
		.wall_ns = request->plan.header->wall_ns,
		.deadline = request->page->stamps[STAMP_RECEIVED] + request->plan.header->setup_ns,
		.meaning = DEADLINE_SETUP,
		.holds = (request->plan.header->flags & PLAN_HOLD) != 0,
	};
	if (pid < 0) {
		int error = errno;

		plan_unmap(&request->plan);
		errno = error;
		return -1;
	}
	preforked_learn(&preforked, &request->plan);
	plan_unmap(&request->plan);
	return 0;
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
		page_drop(building.page);
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

/* False once the host has closed its end. If it has one job, a message without descriptors says that no other will come. */
static int receive(void)
{
	int fds[PLAN_MAX_FDS];
	int count = message_receive(CONTROL_FD, MSG_DONTWAIT, fds);

	if (count > 0)
		accept_job(fds, count);
	ending |= once && count == 0;
	return count >= 0 || (count == -1 && (errno == EAGAIN || errno == EINTR));
}

static int poll_timeout(struct timespec *timeout)
{
	uint64_t earliest = preforked_deadline(&preforked);
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

/* ppoll(2) refuses more entries than this process may have descriptors (EINVAL), so it gets those that have one. */
static int wait_for(nfds_t count, const struct timespec *timeout)
{
	static struct pollfd present[sizeof events / sizeof *events];
	nfds_t used = 0;
	int ready;

	for (nfds_t i = 0; i < count; i++)
		if (events[i].fd >= 0)
			present[used++] = events[i];
	ready = ppoll(present, used, timeout, NULL);
	for (nfds_t i = count; i-- > 0;)
		events[i].revents = events[i].fd >= 0 ? present[--used].revents : 0;
	return ready;
}

/* Backwards, because a job that is gone makes room by moving the last one into its place. */
static void serve_jobs(void)
{
	for (int i = job_count - 1; i >= 0; i--) {
		struct live *live = &jobs[i];
		const struct pollfd *event = &events[1 + 3 * i];

		/* the other events are those of the process apart */
		if (live->apart && (event[1].revents || event[2].revents) && job_born(live))
			continue;
		if (event[1].revents && !live->apart)
			job_word(live);
		if (event[1].revents & POLLOUT)
			job_pass_signals(live);
		if (event[2].revents) {
			job_gone(live);
			job_close(live);
			preforked_drop(&preforked, live->page);
			jobs[i] = jobs[--job_count];
			continue;
		}
		if (event[0].revents)
			job_command(live);
		if (live->deadline && live->deadline <= now_ns())
			job_expire(live);
	}
}

/* The kernel's namespace locks are shared with a job in set-up: it goes first. */
static int is_quiet(void)
{
	for (int i = 0; i < job_count; i++)
		if (!jobs[i].started)
			return 0;
	return 1;
}

/* What to wait for at the lifeline: pid 1 may have something to say, or has yet to make room for signals. */
static short wanted_of(const struct live *live)
{
	int heard = !live->silent && (!live->started || (live->holds && !live->holding));

	return (short)((heard ? POLLIN : 0) | (live->started && live->signals ? POLLOUT : 0));
}

/* While a process apart opens the sources, the number of the pid 1 that it makes is not known yet: nobody is taken for another. */
static int is_pid_1(pid_t pid)
{
	for (int i = 0; i < job_count; i++)
		if (jobs[i].pid == pid || jobs[i].apart)
			return 1;
	return preforked_has(&preforked, pid);
}

/*
 * What writes id maps (ranges.c) has a parent that ends at once, and is adopted here. A pid 1 is looked at and left:
 * its usage is read where its job is (job_gone), and whatever stands behind it in the line has its turn after that.
 */
static void reap_adopted(void)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 || is_pid_1(info.si_pid))
			return;
		waitpid(info.si_pid, NULL, WNOHANG);
	}
}

/*
 * The end: everything is killed and reaped, since what adopts orphans here may be a container's pid 1 that reaps nothing.
 * The host waits for this, so that what cannot be killed at once (uninterruptible in the kernel) is left behind.
 */
static void end_everything(void)
{
	uint64_t end = now_ns() + LAST_REAP_NS;
	sigset_t child;
	pid_t pid;

	for (int i = 0; i < job_count; i++)
		job_destroy(&jobs[i]);
	preforked_end(&preforked);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		uint64_t now = now_ns();
		struct timespec left = { .tv_nsec = now < end ? (long)(end - now - 1) : 0 };

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0 || now >= end)
			return;
		/* blocked since prepare(): one that came meanwhile is still pending */
		sigtimedwait(&child, NULL, &left);
	}
}

static void serve(void)
{
	static const struct timespec at_once;
	struct timespec timeout;
	int more = 0;

	for (;;) {
		struct pollfd *waiting = &events[1 + 3 * job_count];
		int timed = poll_timeout(&timeout);

		events[0] = (struct pollfd){ .fd = CONTROL_FD, .events = POLLIN };
		for (int i = 0; i < job_count; i++) {
			short wanted = wanted_of(&jobs[i]);

			events[1 + 3 * i] = (struct pollfd){ .fd = jobs[i].channel, .events = POLLIN };
			events[2 + 3 * i] =
				(struct pollfd){ .fd = wanted ? jobs[i].lifeline : -1, .events = wanted };
			events[3 + 3 * i] = (struct pollfd){ .fd = jobs[i].pidfd, .events = POLLIN };
		}
		preforked_wait(&preforked, waiting);
		if (wait_for(1 + 3 * (nfds_t)job_count + PREFORKED_EVENTS, more ? &at_once : timed ? &timeout : NULL) < 0 && errno != EINTR)
			return;
		preforked_serve(&preforked, waiting);
		serve_jobs();
		reap_adopted();
		if (events[0].revents && !receive())
			return;
		/* it was for the job that has come, if for any */
		if (once && job_count > 0)
			preforked_end(&preforked);
		if (ending && job_count == 0)
			return;
		if (!once)
			preforked_renew_originals(&preforked, &building);
		more = !once && is_quiet() && preforked_renew(&preforked, &building);
	}
}

int main(int argc, char **argv)
{
	struct plan beginning;
	int known;

	if (argc == 2 && strcmp(argv[1], "doctor") == 0)
		return doctor_main(STDOUT_FILENO);
	if (argc == 2 && strcmp(argv[1], "look") == 0)
		return look_main(CONTROL_FD);
	if (argc == 2 && strcmp(argv[1], "hold") == 0)
		return holder_main(CONTROL_FD);
	once = argc > 1 && strcmp(argv[1], "once") == 0;
	/* before descriptors that nobody meant for us are closed */
	known = once && argc == 3 && strcmp(argv[2], "beginning") == 0 && beginning_read(BEGINNING_FD, &beginning) == 0;
	if (prepare() < 0 && errno != EPERM) {
		perror("sandbox: launcher");
		return 1;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	preforked_begin(&preforked, known ? &beginning : NULL);
	if (known)
		plan_unmap(&beginning);
	preforked_renew(&preforked, &building);
	serve();
	/* the host is gone: so is every job */
	end_everything();
	return 0;
}
