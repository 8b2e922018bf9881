/*
 * The payload: from the clone to execve of the job's command, in a process that shares its
 * descriptor table with pid 1 (which waits in vfork) but nothing else.
 */
#include "job.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

__attribute__((noreturn)) static void fail(struct job *job, uint32_t step)
{
	job->page->error = errno ? errno : EIO;
	job->page->step = (int32_t)step;
	/*
	 * Behind the filter even exit_group may be the policy's to decide, and a notification would wait for
	 * pid 1, which waits for us: an illegal instruction ends this process without asking anyone.
	 */
	if (job->page->listener >= 0)
		__builtin_trap();
	_exit(127);
}

/* The last moment at which any system call is certain to be allowed. */
static void before_filter(struct job *job)
{
	uint32_t last = job->plan.header->step_count - 1;

	umask(022);
	if (exec_prepare(job, &job->plan.steps[last]) < 0)
		fail(job, last);
	/* ours, not the command's fault; the table is shared with pid 1: mark, do not close */
	if (readback(job) < 0 || sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0 || limits_set_late(job) < 0)
		fail(job, last - 1);
	job->page->stamps[STAMP_STARTED] = now_ns();
}

void payload_main(struct job *job, uint32_t first_step)
{
	const struct plan *plan = &job->plan;
	unsigned phase = PHASE_HOST;
	sigset_t none;

	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		fail(job, first_step);
	sigemptyset(&none);
	/* dispositions are the default ones since the launcher began (execve(2)) */
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (uint32_t i = first_step; i < plan->header->step_count; i++) {
		if (plan->steps[i].phase != phase) {
			phase = plan->steps[i].phase;
			/* clock_gettime is a system call where the vDSO has no clock, and the filter may refuse it */
			if (phase != PHASE_EXEC)
				job->page->stamps[STAMP_PHASE0 + phase] = now_ns();
			if (phase == PHASE_FILTER)
				before_filter(job);
		}
		job->page->doing = i;
		if (step_run(job, &plan->steps[i]) < 0)
			fail(job, i);
	}
	errno = EIO;
	fail(job, plan->header->step_count - 1);
}
