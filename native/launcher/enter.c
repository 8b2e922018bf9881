/*
 * A second way into a job: pid 1, which is in none of the job's walls but its namespaces, forks a process that joins what the payload
 * is in (its user and its cgroup namespace, its control groups) instead of making it, and then takes every other step of the payload's
 * way itself. The host sends a plan of its own for it, which is checked like any other, and the descriptors.
 *
 * The job runs meanwhile, and has this process's id. So it must not be dumpable, from before it joins until execve makes it another one:
 * its descriptors could be listed and its memory read. Nothing of it is shared with pid 1, which does not wait for it: a job that
 * stops it (kill(2)) stops nothing else.
 */
#include "enter.h"

#include "clock.h"
#include "confine.h"
#include "file.h"
#include "ids.h"
#include "lookups.h"
#include "payload.h"
#include "report.h"
#include "steps.h"
#include "steps_cgroup.h"
#include "steps_exec.h"
#include "streams.h"
#include "sys.h"
#include "terminal.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define FIRST_TO_GO "1000" /* steps_privileges.c */

enum { USER_NAMESPACE = 0, CGROUP_NAMESPACE = 6 }; /* of page->namespaces */

static struct entered {
	unsigned number;
	pid_t pid; /* 0: nobody */
	struct job_page *page;
} entered[ENTERED_MAX];

/* What one needs of pid 1, in its own copy. */
struct entry {
	struct request request;
	struct payload payload;
	struct terminal terminal;
	int has_terminal;
	int user;
	int cgroup;
};

static void tell(const struct root *root, uint32_t kind, unsigned number, const struct job_page *page, int status, int master)
{
	struct report report;

	report_fill(&report, kind, NULL);
	report.detail = number;
	report.status = status;
	if (page) {
		report.step = page->error ? page->step : -1;
		report.error = page->error;
		report.call = page->detail;
	}
	if (master >= 0)
		report.fd_mask = 1u << STARTED_TERMINAL;
	report_send(root->request->channel, &report, &master, master >= 0);
}

/*
 * The payload is ours to look into, by its user namespace, which is our own: an owner has all capabilities there (user_namespaces(7)). The
 * number is its own for as long as we have not reaped it. What it is in now must be what it was in before execve.
 */
static int open_namespace(const struct root *root, pid_t payload, const char *name, int which)
{
	char path[32];
	struct stat status;
	int fd;

	snprintf(path, sizeof path, "%d/ns/%s", (int)payload, name);
	fd = openat(root->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	if (status.st_ino == root->page->namespaces[which])
		return fd;
	close_fd(&fd);
	errno = ESTALE;
	return -1;
}

/* Pipes and terminals of this job's alone: whatever else the host may send by mistake is nothing that a job may have. */
static int take_streams(const struct root *root, struct entry *entry, const struct plan_step *session)
{
	struct stat status;

	if (session->flags & STEP_FLAG_TERMINAL) {
		/* what came is closed by who received it, and what takes its place by us */
		for (int i = 0; i < 3; i++)
			entry->request.stdio[i] = -1;
		entry->has_terminal = 1;
		return terminal_open(&entry->terminal, &entry->request, root->pts, session);
	}
	for (int i = 0; i < 3; i++) {
		if (fstat(entry->request.stdio[i], &status) < 0)
			return -1;
		if (!S_ISFIFO(status.st_mode)) {
			errno = ENODEV;
			return -1;
		}
	}
	return 0;
}

static int prepare(const struct root *root, struct entry *entry, pid_t payload, const int *fds, int count)
{
	if (count < FD_EXTRA) {
		errno = EBADMSG;
		return -1;
	}
	if (request_take(&entry->request, fds, count) < 0)
		return -1;
	entry->request.page = page_new();
	payload_begin(&entry->payload, &entry->request);
	entry->payload.proc = root->proc;
	entry->user = open_namespace(root, payload, "user", USER_NAMESPACE);
	entry->cgroup = open_namespace(root, payload, "cgroup", CGROUP_NAMESPACE);
	if (entry->user < 0 || entry->cgroup < 0 ||
	    cgroup_keep(&entry->payload, plan_find(&entry->request.plan, STEP_CGROUP)) < 0)
		return -1;
	return take_streams(root, entry, plan_find(&entry->request.plan, STEP_SESSION));
}

/*
 * In the process that enters, while only its own pid 1 could look into it: a job has no rights over what is in the namespace above its
 * own. The file belongs to who is dumpable (proc(5)), and in a moment nobody may list these descriptors any more.
 */
static int become_first_to_go(const struct entry *entry)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || write_file(entry->payload.proc, "self/oom_score_adj", FIRST_TO_GO) < 0 ||
			       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
		       ? -1
		       : 0;
}

static int join_groups(const struct entry *entry)
{
	for (int i = 0; i < entry->payload.cgroup_procs_count; i++)
		if (write(entry->payload.cgroup_procs[i], "0", 1) != 1)
			return -1;
	return setns(entry->cgroup, CLONE_NEWCGROUP);
}

/*
 * Pid 1 may give nothing away any more; here there are all capabilities still, over what has an id of the job's. Whoever opens its
 * streams by name (/dev/stdout, /dev/pts/0) must be their owner.
 */
static int begin_session(const struct entry *entry, const struct plan_step *step)
{
	for (int i = 0; i < 3; i++)
		if (ids_give(&entry->request.plan, entry->request.stdio[i], "") < 0)
			return -1;
	return setsid() < 0 || streams_place(&entry->request) < 0 ? -1 : terminal_control(step);
}

/* The ids of the job, or others that it has. Where the one outside changes, the kernel may let it be dumped by root (fs.suid_dumpable). */
static int become(const struct plan_step *step)
{
	const uid_t uid = (uid_t)step->value[0];
	const gid_t gid = (gid_t)step->value[1];

	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/*
 * The same filter without pid 1's part in it, for which there is one listener only, the payload's: what the policy kills for ends this
 * process by SIGSYS, and what pid 1 is told of just happens.
 */
static int filter(const struct entry *entry, const struct plan_step *step)
{
	static struct sock_filter own[BPF_MAXINSNS];
	struct sock_fprog program = { .len = (unsigned short)(step->value[1] / sizeof *own), .filter = own };

	memcpy(own, entry->request.plan.blob + step->value[0], step->value[1]);
	for (unsigned i = 0; i < program.len; i++)
		if (own[i].code == (BPF_RET | BPF_K) && (own[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			own[i].k = own[i].k == WITNESS_SIGNAL || own[i].k == WITNESS_SOCKET ? SECCOMP_RET_ALLOW
											   : SECCOMP_RET_KILL_PROCESS;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int carry_out(struct entry *entry, const struct plan_step *step)
{
	errno = 0;
	switch (step->kind) {
	case STEP_CGROUP:
		return join_groups(entry);
	case STEP_SESSION:
		return begin_session(entry, step);
	case STEP_CREDENTIALS:
		return become(step);
	case STEP_SECCOMP:
		return filter(entry, step);
	case STEP_INNER_USERNS: /* joined, first of all */
	case STEP_CPU_CLOCK:	/* the host counts without */
		return 0;
	default:
		return step_confine(&entry->payload, step);
	}
}

__attribute__((noreturn)) static void give_up(const struct entry *entry, uint32_t step, int filtered)
{
	entry->request.page->error = errno ? errno : EIO;
	entry->request.page->step = (int32_t)step;
	/* behind the filter even exit_group may be refused (confine.c) */
	if (filtered)
		__builtin_trap();
	_exit(127);
}

/* It is where the job is, in every respect that the kernel tells. */
static int is_inside(const struct root *root, const struct entry *entry)
{
	if (memcmp(root->page->namespaces, entry->request.page->namespaces, sizeof root->page->namespaces) == 0)
		return 1;
	errno = ESTALE;
	return 0;
}

__attribute__((noreturn)) static void entering_main(const struct root *root, struct entry *entry)
{
	const struct plan *plan = &entry->request.plan;
	const uint32_t last = plan->header->step_count - 1;
	uint32_t first = 0;
	sigset_t none;

	clock_begin_child();
	while (plan->steps[first].phase < PHASE_SESSION)
		first++;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	if (become_first_to_go(entry) < 0 || setns(entry->user, CLONE_NEWUSER) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		give_up(entry, first, 0);
	for (uint32_t i = first; i <= last; i++) {
		if (plan->steps[i].phase == PHASE_FILTER && (exec_prepare(&entry->payload, &plan->steps[last]) < 0 ||
							     confine_before_filter(&entry->payload) < 0 || !is_inside(root, entry)))
			give_up(entry, last, 0);
		if (carry_out(entry, &plan->steps[i]) < 0)
			give_up(entry, i, plan->steps[i].phase > PHASE_FILTER);
	}
	errno = EIO;
	give_up(entry, last, 1);
}

static void let_go(struct entry *entry)
{
	cgroup_let_go(&entry->payload);
	if (entry->has_terminal)
		streams_close(&entry->request);
	close_fd(&entry->terminal.master);
	close_fd(&entry->terminal.slave);
	close_fd(&entry->user);
	close_fd(&entry->cgroup);
	if (entry->request.plan.header)
		plan_unmap(&entry->request.plan);
}

static struct entered *place(unsigned number)
{
	for (int i = 0; i < ENTERED_MAX; i++)
		if (number ? entered[i].pid && entered[i].number == number : !entered[i].pid)
			return &entered[i];
	return NULL;
}

void enter_begin(struct root *root, pid_t payload, unsigned number, const int *fds, int count)
{
	static struct entry entry;
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct entered *free_place = place(0);
	pid_t pid = -1;

	request_reset(&entry.request);
	memset(&entry.payload, 0, sizeof entry.payload);
	entry.payload.cgroup = entry.terminal.master = entry.terminal.slave = entry.user = entry.cgroup = -1;
	entry.has_terminal = 0;
	errno = EAGAIN;
	if (free_place && !place(number) && prepare(root, &entry, payload, fds, count) == 0) {
		if (entry.payload.cgroup >= 0) {
			args.flags |= CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)entry.payload.cgroup;
		}
		pid = (pid_t)sys_clone3(&args);
		if (pid == 0)
			entering_main(root, &entry);
	}
	if (pid > 0) {
		*free_place = (struct entered){ .number = number, .pid = pid, .page = entry.request.page };
		tell(root, REPORT_ENTERED, number, NULL, 0, entry.terminal.master);
	} else {
		struct job_page refused = { .step = -1, .error = errno ? errno : EIO };

		tell(root, REPORT_LEFT, number, &refused, 0, -1);
		if (entry.request.page)
			munmap(entry.request.page, sizeof *entry.request.page);
	}
	let_go(&entry);
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

void enter_signal(unsigned number, int signal)
{
	struct entered *one = number ? place(number) : NULL;

	if (one)
		kill(one->pid, signal);
}

void enter_ended(const struct root *root, pid_t pid, int status)
{
	for (int i = 0; i < ENTERED_MAX; i++) {
		if (entered[i].pid != pid)
			continue;
		tell(root, REPORT_LEFT, entered[i].number, entered[i].page, status, -1);
		munmap(entered[i].page, sizeof *entered[i].page);
		entered[i].pid = 0;
	}
}
