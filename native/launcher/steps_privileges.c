/*
 * How the payload stops being anybody: its own user namespace, its ids, its limits, and then every
 * privilege gone for good. The order is the plan's; trial showed that no other one works.
 */
#include "steps_privileges.h"

#include "capabilities.h"
#include "file.h"
#include "ids.h"
#include "mapper.h"
#include "streams.h"
#include "sys.h"
#include "terminal.h"

#include <linux/perf_event.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* A new session has no controlling terminal but one of its own, so none of the caller's can be written to (CVE-2017-5226). */
int step_session(struct payload *payload, const struct plan_step *step)
{
	char score[8];

	if (setsid() < 0)
		return -1;
	if (streams_place(payload->request) < 0)
		return -1;
	if (terminal_control(step) < 0)
		return -1;
	snprintf(score, sizeof score, "%u", (unsigned)step->value[3]);
	return write_file(payload->proc, "self/oom_score_adj", score);
}

/*
 * The payload was cloned into the namespace and maps its one id itself, to pid 1's. Its mounts and its
 * network belong to the outer namespace, in which it holds nothing (user_namespaces(7)).
 */
int step_inner_userns(struct payload *payload, const struct plan_step *step)
{
	autoclose int self = openat(payload->proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (self < 0)
		return -1;
	if (payload->plan->header->flags & PLAN_SUB_IDS)
		return mapper_ask(&payload->mapper);
	return ids_write_maps(self, (uint32_t)step->value[0], 0, (uint32_t)step->value[1], 0);
}

/*
 * Before the ids change: securebits need CAP_SETPCAP, which leaves with uid 0 (capabilities(7)). Granted
 * capabilities are to survive our own change of ids (KEEP_CAPS, which execve clears), but not one that
 * the job makes to give up root: that fix-up stays on. Whether they do is the job's to say then, as
 * setpriv(1) does: what it keeps is no more than it was granted.
 */
int step_lock_privilege(struct payload *payload, const struct plan_step *step)
{
	const uint64_t granted = step->value[0];
	const unsigned long nothing =
		SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_KEEP_CAPS_LOCKED;
	const unsigned long locked = (granted ? SECBIT_KEEP_CAPS : nothing) | SECBIT_NOROOT |
				     SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
				     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	(void)payload;
	return capabilities_bound(granted) < 0 ? -1 : prctl(PR_SET_SECUREBITS, locked, 0, 0, 0);
}

int step_credentials(struct payload *payload, const struct plan_step *step)
{
	uid_t uid = (uid_t)step->value[0];
	gid_t gid = (gid_t)step->value[1];

	(void)payload;
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -1;
	/* a change of ids cleared it, and /proc/self would be nobody's to read */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

int step_rlimit(struct payload *payload, const struct plan_step *step)
{
	struct rlimit limit = { .rlim_cur = step->value[1], .rlim_max = step->value[2] };

	switch (step->value[0]) {
	case RLIMIT_NOFILE: /* the remaining steps need a few descriptors, and a stack, of their own */
	case RLIMIT_STACK:
	case RLIMIT_DATA:
	case RLIMIT_AS:
		payload->late[step->value[0]] = limit;
		payload->late_set |= 1u << step->value[0];
		return 0;
	default:
		return setrlimit((int)step->value[0], &limit);
	}
}

int limits_set_late(const struct payload *payload)
{
	for (int resource = 0; resource < RLIM_NLIMITS; resource++)
		if (payload->late_set >> resource & 1 && setrlimit(resource, &payload->late[resource]) < 0)
			return -1;
	return 0;
}

int step_drop_capabilities(struct payload *payload, const struct plan_step *step)
{
	(void)payload;
	return capabilities_grant(step->value[0]);
}

int step_no_new_privs(struct payload *payload, const struct plan_step *step)
{
	(void)payload;
	(void)step;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/*
 * Counts the CPU time of the whole tree, children of parents that ignore SIGCHLD included. Where
 * perf_event_paranoid refuses it the watchdog is alone, which the host reads off the missing descriptor.
 */
int step_cpu_clock(struct payload *payload, const struct plan_step *step)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attr,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
		.enable_on_exec = 1,
		.inherit = 1,
		.exclude_kernel =
			1, /* asked for by paranoia level 2; a task clock counts system time all the same */
		.exclude_hv = 1,
	};

	autoclose int clock = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	(void)step;
	/* the listener needs a number below the job's `openFiles` */
	payload->page->clock = clock < 0 ? -1 : fcntl(clock, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	return 0;
}
