/*
 * The payload: from the clone to execve of the job's command, in a process that shares its
 * descriptor table with pid 1 (which waits in vfork) but nothing else.
 */
#include "confine.h"

#include "clock.h"
#include "readback.h"
#include "steps.h"
#include "steps_exec.h"
#include "steps_privileges.h"
#include "streams.h"
#include "sys.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

__attribute__((noreturn)) static void fail(struct payload *payload, uint32_t step)
{
	payload->page->error = errno ? errno : EIO;
	payload->page->step = (int32_t)step;
	/*
	 * Behind the filter even exit_group may be the policy's to decide, and a notification would wait for
	 * pid 1, which waits for us: an illegal instruction ends this process without asking anyone.
	 */
	if (payload->page->listener >= 0)
		__builtin_trap();
	_exit(127);
}

int confine_before_filter(struct payload *payload)
{
	/* the table is shared with pid 1: mark, do not close */
	if (readback(payload) < 0 || sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0 ||
	    streams_pass(payload->request, payload->opened) < 0 || limits_set_late(payload) < 0)
		return -1;
	payload->page->stamps[STAMP_STARTED] = now_ns();
	return 0;
}

static void before_filter(struct payload *payload)
{
	uint32_t last = payload->plan->header->step_count - 1;

	umask(022);
	if (exec_prepare(payload, &payload->plan->steps[last]) < 0)
		fail(payload, last);
	/* ours, not the command's fault */
	if (confine_before_filter(payload) < 0)
		fail(payload, last - 1);
}

void confine_main(struct payload *payload, uint32_t first_step)
{
	const struct plan *plan = payload->plan;
	unsigned phase = PHASE_HOST;
	sigset_t none;

	clock_begin_child();
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		fail(payload, first_step);
	sigemptyset(&none);
	/* dispositions are the default ones since the launcher began (execve(2)) */
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (uint32_t i = first_step; i < plan->header->step_count; i++) {
		if (plan->steps[i].phase != phase) {
			phase = plan->steps[i].phase;
			/* clock_gettime is a system call where the vDSO has no clock, and the filter may refuse it */
			if (phase != PHASE_EXEC)
				payload->page->stamps[STAMP_PHASE0 + phase] = now_ns();
			if (phase == PHASE_FILTER)
				before_filter(payload);
		}
		payload->page->doing = i;
		if (step_confine(payload, &plan->steps[i]) < 0)
			fail(payload, i);
	}
	errno = EIO;
	fail(payload, plan->header->step_count - 1);
}
