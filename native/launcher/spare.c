/*
 * A pid 1 that exists before its job: cloned into fresh namespaces while the launcher has nothing else
 * to do, mapped, and waiting. Making a network namespace alone takes a third of a whole job's set-up.
 * It serves one job and dies with it; nothing of any job has ever been in it.
 */
#include "job.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* What a job gets that asks for nothing special. */
#define USUAL_NAMESPACES                                                                                                    \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

__attribute__((noreturn)) static void wait_for_job(struct job *job, uint32_t uid, uint32_t gid)
{
	int fds[PLAN_MAX_FDS];
	int count;

	close_strangers(job);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || identity_map_self(uid, gid) < 0)
		_exit(1);
	job->mapped = 1;
	count = message_receive(job->lifeline, 0, fds);
	/* the launcher has checked the plan; its end is ours */
	if (count < FD_EXTRA || job_take(job, fds, count) < 0)
		_exit(1);
	close(fds[FD_PLAN]);
	init_main(job);
}

/* Makes one if there is none. As real root every job has another id outside: nothing can be mapped ahead. */
void spare_renew(struct spare *spare, struct job *job)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | USUAL_NAMESPACES,
		.pidfd = (uint64_t)(uintptr_t)&spare->pidfd,
		.exit_signal = SIGCHLD,
	};
	uint32_t uid = geteuid(), gid = getegid();
	int lifelines[2];

	if (spare->pid || spare->hopeless || uid == 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return;
	job_reset(job);
	job->page = spare->page = page_new();
	job->lifeline = lifelines[1];
	spare->pid = (pid_t)sys_clone3(&args);
	if (spare->pid == 0)
		wait_for_job(job, uid, gid);
	close(lifelines[1]);
	spare->lifeline = lifelines[0];
	if (spare->pid > 0)
		return;
	close(lifelines[0]);
	munmap(spare->page, sizeof *spare->page);
	*spare = (struct spare){ .pidfd = -1, .lifeline = -1, .hopeless = 1 };
}

int spare_fits(const struct spare *spare, const struct job *job)
{
	const struct plan_header *header = job->plan.header;

	return spare->pid > 0 && header->namespaces == USUAL_NAMESPACES && header->host_uid == geteuid() &&
	       header->host_gid == getegid() && !(header->flags & (PLAN_STRICT | PLAN_FOREIGN_IDS));
}

pid_t spare_use(struct spare *spare, struct job *job, const int *fds, int count, int *pidfd)
{
	pid_t pid = spare->pid;
	uint64_t received = job->page->stamps[STAMP_RECEIVED];
	struct spare used = *spare;

	*spare = (struct spare){ .pidfd = -1, .lifeline = -1 };
	used.page->stamps[STAMP_RECEIVED] = received;
	if (message_send(used.lifeline, fds, count) < 0) {
		/* it died while it waited, perhaps of an id map that this host refuses: the job's own will say */
		spare->hopeless = 1;
		syscall(SYS_pidfd_send_signal, used.pidfd, SIGKILL, NULL, 0);
		close(used.lifeline);
		close(used.pidfd);
		munmap(used.page, sizeof *used.page);
		return spawn_init(job, pidfd);
	}
	munmap(job->page, sizeof *job->page);
	job->page = used.page;
	job->lifeline = used.lifeline;
	*pidfd = used.pidfd;
	return pid;
}
