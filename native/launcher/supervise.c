/*
 * The second half of pid 1's life, without any privilege: it waits for the end of the payload, for the
 * policy's kill, for the launcher's word or for the launcher's death. Whichever comes first, it kills
 * everything, reaps to the last, and reports.
 */
#include "supervise.h"

#include "clock.h"
#include "enter.h"
#include "leftover.h"
#include "message.h"
#include "report.h"
#include "sockets.h"
#include "stopped.h"
#include "sys.h"
#include "witness.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

/* MAKE_PROCESS_CPUCLOCK of the kernel, which glibc's clock_getcpuclockid(3) is: user and system time, as RLIMIT_CPU has it */
#define CPU_CLOCK_OF(pid) ((clockid_t)(~(unsigned)(pid) << 3))

#define PATIENCE_MS 250

/* Who else is stopped is looked at again after so long: only of its children does anybody tell pid 1. */
#define STOPPED_PAUSE_MS 100

struct ending {
	int status;
	int killed;
	int stopped; /* status says by what: it never ends by itself */
	uint64_t reaped;
	uint64_t at;
	uint64_t own_cpu_ns;
	uint64_t own_file_size;
	uint64_t sent;
};

static void note(const struct root *root, struct ending *ending, pid_t payload, pid_t pid, int status)
{
	/* a policy that allows PTRACE_TRACEME makes us a tracer: a stop is no end */
	if (WIFSTOPPED(status))
		return;
	ending->reaped++;
	if (pid != payload) {
		enter_ended(root, pid, status);
		return;
	}
	if (ending->stopped)
		return;
	ending->at = now_ns();
	ending->status = status;
}

/*
 * Between its end and our wait the kernel still answers for a process. What it used by itself, and which limit it
 * had set itself, tell a kill by a limit of ours from its own doing: a wait status does not.
 */
static void examine(struct ending *ending, pid_t payload)
{
	struct timespec cpu;
	struct rlimit limit;

	if (clock_gettime(CPU_CLOCK_OF(payload), &cpu) == 0)
		ending->own_cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec;
	if (prlimit(payload, RLIMIT_FSIZE, NULL, &limit) == 0)
		ending->own_file_size = limit.rlim_cur;
}

/* True once the payload itself is reaped. */
static int reap_some(const struct root *root, struct ending *ending, pid_t payload)
{
	siginfo_t child = { 0 };
	int status;
	pid_t pid;

	while (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid > 0) {
		if (child.si_pid == payload)
			examine(ending, payload);
		pid = waitpid(child.si_pid, &status, WNOHANG);
		if (pid > 0)
			note(root, ending, payload, pid, status);
		child.si_pid = 0;
	}
	return ending->at != 0;
}

/* The policy's kill: what the filter handed to us instead of killing, so that the call can be named. 0 for what goes on. */
static int violation(const struct request *request, struct lookups *lookups, pid_t payload, struct ending *ending)
{
	struct seccomp_notif notification;
	struct report report;

	memset(&notification, 0, sizeof notification);
	if (ioctl(request->page->listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0)
		return 0; /* ENOENT: the caller died meanwhile */
	if (witness(request, lookups, &notification, payload, &ending->sent))
		return 0;
	report_fill(&report, REPORT_VIOLATION, NULL);
	report.call = (uint32_t)notification.data.nr;
	report.arch = notification.data.arch;
	report.pid = (int32_t)notification.pid;
	report_send(request->channel, &report, NULL, 0);
	return 1;
}

/*
 * The launcher's word: sockets for the host, a signal for the payload, or that the tree has to die, as it has to when the
 * launcher is dead. The number is the payload's for as long as nobody has reaped it, nobody but us can, and
 * who calls this has not yet. No capability is needed: it has our id outside, and whatever else it may
 * have become in its user namespace, that one is ours (user_namespaces(7), "Capabilities"). A signal that
 * nobody handles does not stop it: its process group is orphaned, its parent being in another session (setpgid(2)).
 */
static int told_to_end(struct root *root, pid_t payload)
{
	const struct request *request = root->request;
	unsigned char words[MESSAGE_WORDS] = { 0 };
	int fds[PLAN_MAX_FDS], count;
	int size = message_receive_words(request->lifeline, words, fds, &count);
	const unsigned char word = words[0];

	if (size < 0)
		return errno != EAGAIN && errno != EINTR;
	if (size == 2 && word == COMMAND_ENTER && words[1]) {
		enter_begin(root, payload, words[1], fds, count);
		return 0;
	}
	if (size == 3 && word == COMMAND_ENTERED_SIGNAL) {
		enter_signal(words[1], words[2]);
		return 0;
	}
	if (size == 1 && sockets_family(word)) {
		sockets_report(request->channel, sockets_family(word));
		return 0;
	}
	if (size == 0 || !(word & COMMAND_SIGNAL))
		return 1;
	kill(payload, word & ~COMMAND_SIGNAL);
	return 0;
}

static int is_over_by_stop(const struct root *root, pid_t payload, struct ending *ending)
{
	const int signal = stopped_for_good(root->proc, payload);

	if (!signal)
		return 0;
	ending->status = signal << 8 | 0x7f; /* wait(2): what WIFSTOPPED asks for */
	ending->at = now_ns();
	ending->stopped = 1;
	return 1;
}

/* How long to wait for what nobody tells, in ms; -1 for as long as it takes. */
static int pause_of(int has_time, int may_stop, pid_t payload)
{
	return !has_time ? LOOKUPS_PAUSE_MS : may_stop && stopped_by(payload) ? STOPPED_PAUSE_MS : -1;
}

/* Returns when the tree has to die. */
static void watch(struct root *root, pid_t payload, int children, struct ending *ending)
{
	const struct request *request = root->request;
	struct lookups *lookups = &root->lookups;
	struct pollfd events[] = {
		{ .fd = children, .events = POLLIN },
		{ .fd = request->lifeline, .events = POLLIN },
		{ .fd = request->page->listener, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	const int may_stop = plan_find(&request->plan, STEP_SESSION)->flags & STEP_FLAG_ENDS_STOPPED;
	int listener = request->page->listener;

	while (!reap_some(root, ending, payload) && !(may_stop && is_over_by_stop(root, payload, ending))) {
		struct signalfd_siginfo signals[16];
		int has_time = lookups_have_time(lookups);

		events[2].fd = has_time ? listener : -1;
		events[3].fd = has_time ? lookups->port : -1;
		if (poll(events, 4, pause_of(has_time, may_stop, payload)) < 0)
			continue;
		if (events[2].revents & POLLIN && violation(request, lookups, payload, ending))
			break;
		if (events[2].revents & (POLLHUP | POLLERR))
			listener = -1; /* no process with the filter is left */
		if (events[3].revents)
			lookups_answer(lookups);
		if (events[1].revents && told_to_end(root, payload))
			break;
		if (events[0].revents && read(children, signals, sizeof signals) < 0 && errno != EAGAIN)
			break;
	}
	ending->killed = ending->at == 0;
	events[2].fd = listener;
	/* a call that waits for its verdict was made before the end */
	while (!ending->killed && poll(&events[2], 1, 0) > 0 && (events[2].revents & POLLIN))
		if (violation(request, lookups, payload, ending))
			break;
}

/*
 * The next child that is dead; -1 once there is none. A process in the kernel's hands may never die of SIGKILL: the
 * host, which knows nothing of the end before the last is reaped, is told then, and has us killed in time.
 */
static pid_t reap_next(const struct request *request, int children, int *patience, int *status)
{
	struct pollfd event = { .fd = children, .events = POLLIN };
	struct signalfd_siginfo signals[16];
	struct report report;
	pid_t pid;

	while ((pid = waitpid(-1, status, *patience ? WNOHANG : 0)) == 0) {
		if (poll(&event, 1, *patience) != 0) {
			if (read(children, signals, sizeof signals) < 0 && errno != EAGAIN && errno != EINTR)
				*patience = 0;
			continue;
		}
		*patience = 0;
		report_fill(&report, REPORT_ENDING, NULL);
		report_send(request->channel, &report, NULL, 0);
	}
	return pid;
}

static void kill_and_reap(const struct root *root, struct ending *ending, pid_t payload, int children)
{
	int patience = PATIENCE_MS;
	int status;
	pid_t pid;

	do {
		/* one pass is enough: fork() returns ERESTARTNOINTR to a task with a signal pending (fork.c) */
		kill(-1, SIGKILL);
		while ((pid = reap_next(root->request, children, &patience, &status)) > 0)
			note(root, ending, payload, pid, status);
	} while (errno == EINTR);
}

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

static void report_ended(const struct request *request, const struct lookups *lookups, const struct ending *ending)
{
	struct report report;
	struct rusage usage;

	report_fill(&report, REPORT_ENDED, request->page);
	getrusage(RUSAGE_CHILDREN, &usage);
	report.status = ending->status;
	report.killed = (uint32_t)ending->killed;
	report.user_us = microseconds(usage.ru_utime);
	report.system_us = microseconds(usage.ru_stime);
	report.setup_user_us = request->page->setup_user_us;
	report.setup_system_us = request->page->setup_system_us;
	report.max_rss_kib = (uint64_t)usage.ru_maxrss;
	report.wall_ns = ending->at - request->page->stamps[STAMP_STARTED];
	report.reaped = ending->reaped;
	report.forced_switches = (uint64_t)usage.ru_nivcsw;
	report.voluntary_switches = (uint64_t)usage.ru_nvcsw;
	report.own_cpu_ns = ending->own_cpu_ns;
	report.own_file_size = ending->own_file_size;
	report.sent = ending->sent;
	report.lookups = lookups->answers;
	report_send(request->channel, &report, NULL, 0);
}

/* The host collects outputs through our mount namespace: it must live until the host says so or dies. */
static void hold(const struct request *request)
{
	char word = WORD_HOLDING;

	send(request->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (recv(request->lifeline, &word, 1, 0) > 0 && word != COMMAND_RELEASE)
		;
}

void supervise(struct root *root, pid_t payload, int children)
{
	const struct request *request = root->request;
	struct ending ending = { 0 };

	watch(root, payload, children, &ending);
	kill_and_reap(root, &ending, payload, children);
	report_ended(request, &root->lookups, &ending);
	request->page->left_nothing = root->copied && leftover_none(root);
	if (request->plan.header->flags & PLAN_HOLD)
		hold(request);
}
