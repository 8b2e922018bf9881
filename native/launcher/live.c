/*
 * A running job as the launcher sees it: how it is told to end, when it has to, and what is said of it.
 */
#include "live.h"

#include "clock.h"
#include "message.h"
#include "report.h"
#include "sockets.h"
#include "sys.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define TEARDOWN_NS 5000000000ull
#define EXECVE_NS 1000000000ull

void job_close(struct live *live)
{
	close_fd(&live->channel);
	close_fd(&live->lifeline);
	close_fd(&live->pidfd);
}

void job_destroy(const struct live *live)
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
 * the namespace with it (pid_namespaces(7)). Afterwards it is asked, so that it reaps and reports. What is at
 * execve may run already while pid 1 has not had a processor to say so: it has a moment for that (job_started), or a
 * job that has run would be told of as one that has not.
 */
static void job_kill(struct live *live)
{
	const char word = COMMAND_KILL;
	uint64_t at;

	if (live->holding)
		return; /* there is nothing left to kill */
	if (live->meaning == DEADLINE_TEARDOWN || live->meaning == DEADLINE_ABANDONED)
		return; /* it has been told, and its time runs */
	/* the word of the start may lie unread while the host reacts to it already */
	if (!live->started && !live->apart)
		heard_start(live, &at);
	live->signals = 0;
	live->deadline = now_ns() + TEARDOWN_NS;
	live->meaning = DEADLINE_TEARDOWN;
	if (!live->started && live->page->stamps[STAMP_STARTED])
		live->deadline = now_ns() + EXECVE_NS;
	else if (!live->started || send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		job_destroy(live);
}

static void report_deadline(const struct live *live)
{
	struct report report;

	report_fill(&report, REPORT_DEADLINE, NULL);
	report.step = (int32_t)live->meaning;
	report.pid = live->pid;
	report.detail = live->page->doing;
	report_send(live->channel, &report, NULL, 0);
}

void job_expire(struct live *live)
{
	enum deadline meaning = live->meaning;

	report_deadline(live);
	live->deadline = 0;
	if (meaning == DEADLINE_TEARDOWN) {
		job_destroy(live);
		live->deadline = now_ns() + TEARDOWN_NS;
		live->meaning =
			DEADLINE_ABANDONED; /* in the kernel's hands: uninterruptible, as on a dead NFS server */
	} else if (meaning != DEADLINE_ABANDONED) {
		job_kill(live);
	}
}

void job_gone(struct live *live)
{
	struct report report;
	struct rusage usage;
	siginfo_t info;

	memset(&info, 0, sizeof info);
	syscall(SYS_waitid, P_PIDFD, live->pidfd, &info, WEXITED, &usage);
	/* it says why there is no pid 1, unless it was killed for another reason, which is known */
	if (live->apart && live->meaning == DEADLINE_SETUP) {
		report_fill(&report, REPORT_FAILED, live->page);
		report.step = live->page->step;
		report.error = live->page->error ? live->page->error : ECHILD;
		report_send(live->channel, &report, NULL, 0);
	}
	report_fill(&report, REPORT_GONE, live->page);
	report.status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
	report_send(live->channel, &report, NULL, 0);
}

/* The two that no process can handle (signal(7)) are none: they would be a kill or a stop without a cause on record. */
static int is_signal(unsigned char word)
{
	unsigned number = word & ~(unsigned)COMMAND_SIGNAL;

	return (word & COMMAND_SIGNAL) && number >= 1 && number < NSIG && number != SIGKILL &&
	       number != SIGSTOP;
}

/*
 * Before execve pid 1 hears nothing, and the job's own handlers are not there yet: a signal waits, as it
 * would in the kernel, once each. So it does while pid 1 has not read the last ones.
 */
void job_pass_signals(struct live *live)
{
	while (live->started && live->signals) {
		unsigned char word = (unsigned char)(COMMAND_SIGNAL | (__builtin_ctzll(live->signals) + 1));

		if (send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			if (errno != EAGAIN)
				live->signals = 0; /* it is gone, and the job before it */
			return;
		}
		live->signals &= live->signals - 1;
	}
}

static void job_signal(struct live *live, unsigned char word)
{
	live->signals |= 1ull << ((word & ~(unsigned)COMMAND_SIGNAL) - 1);
	job_pass_signals(live);
}

/* For a process that is to enter, or is in; pid 1 answers, unless it cannot be asked. */
static void job_enter(const struct live *live, const unsigned char *words, int size, const int *fds, int count)
{
	struct report report;

	if (live->started && !live->holding && live->meaning != DEADLINE_TEARDOWN &&
	    message_send_words(live->lifeline, words, size, fds, count) == 0)
		return;
	if (words[0] != COMMAND_ENTER)
		return;
	report_fill(&report, REPORT_LEFT, NULL);
	report.detail = words[1];
	report.error = ESRCH;
	report_send(live->channel, &report, NULL, 0);
}

/* The host's word, or its end. */
void job_command(struct live *live)
{
	unsigned char words[MESSAGE_WORDS] = { 0 };
	int fds[PLAN_MAX_FDS], count;
	int size = message_receive_words(live->channel, words, fds, &count);
	const unsigned char word = words[0];

	if (size < 0 && errno == EAGAIN)
		return;
	if (size > 1) {
		job_enter(live, words, size, fds, count);
		for (int i = 0; i < count; i++)
			close(fds[i]);
		return;
	}
	if (size == 1 && is_signal(word)) {
		job_signal(live, word);
		return;
	}
	/* Only pid 1 knows whether it has asked: one that has not finds a word it does not expect, and ends. */
	if (size == 1 && (word == COMMAND_CONTINUE || word == COMMAND_CONTINUE_WITHOUT) && !live->started) {
		send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	/* The host asks once pid 1 has said that the job runs; one that is at its end has no more use for sockets, and does not read this. */
	if (size == 1 && sockets_family(word)) {
		send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	if (size == 1 && word == COMMAND_RELEASE) {
		send(live->lifeline, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (live->holding) {
			live->deadline = now_ns() + TEARDOWN_NS;
			live->meaning = DEADLINE_TEARDOWN;
		}
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

/* Whoever opened the sources has nothing more to do, ends, and is reaped as what was adopted is (launcher.c). */
int job_born(struct live *live)
{
	int32_t pid;
	int pidfd;

	if (message_receive_command(live->lifeline, &pid, &pidfd) < 0)
		return 0;
	if (live->channel < 0 || live->meaning != DEADLINE_SETUP)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); /* killed meanwhile */
	close_fd(&live->pidfd);
	live->pidfd = pidfd;
	live->pid = pid;
	live->apart = 0;
	return 1;
}

static void job_started(struct live *live, uint64_t at)
{
	live->started = 1;
	if (live->meaning == DEADLINE_TEARDOWN) {
		live->meaning = DEADLINE_SETUP;
		job_kill(live); /* killed meanwhile */
		return;
	}
	live->deadline = live->wall_ns ? at + live->wall_ns : 0;
	live->meaning = DEADLINE_WALL;
	job_pass_signals(live);
}

/* When execve was; later, if the host has outputs to collect, that the job is over. */
void job_word(struct live *live)
{
	uint64_t word;
	ssize_t size = recv(live->lifeline, &word, sizeof word, MSG_DONTWAIT);

	if (size == 0) {
		live->silent = 1; /* its end: the pidfd tells */
		live->signals = 0;
	} else if (size == sizeof word) {
		job_started(live, word);
	} else if (size == 1) {
		live->holding = 1;
		live->deadline = 0;
	}
}
