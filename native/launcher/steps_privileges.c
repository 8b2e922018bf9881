/*
 * How the payload stops being anybody: its own user namespace, its ids, its limits, and then every
 * privilege gone for good. The order is the plan's; trial showed that no other one works.
 */
#include "job.h"

#include <linux/capability.h>
#include <linux/perf_event.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define LAST_POSSIBLE_CAPABILITY 63

/* When the host runs out of memory, no program of it shall die for a job (proc(5), oom_score_adj). */
#define FIRST_TO_GO "1000"

/* A new session has no controlling terminal but one of its own, so none of the caller's can be written to (CVE-2017-5226). */
int step_session(struct job *job, const struct plan_step *step)
{
	if (setsid() < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(job->stdio[fd], fd) < 0)
			return -1;
	if (terminal_control(step) < 0)
		return -1;
	return write_file(job->proc, "self/oom_score_adj", FIRST_TO_GO);
}

/*
 * The payload was cloned into the namespace and maps its one id itself, to pid 1's. Its mounts and its
 * network belong to the outer namespace, in which it holds nothing (user_namespaces(7)).
 */
int step_inner_userns(struct job *job, const struct plan_step *step)
{
	autoclose int self = openat(job->proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (self < 0)
		return -1;
	if (job->plan.header->flags & PLAN_SUB_IDS)
		return ranges_await_inner(job);
	return write_maps(self, (uint32_t)step->value[0], 0, (uint32_t)step->value[1], 0);
}

/*
 * Before the ids change: securebits need CAP_SETPCAP, which leaves with uid 0 (capabilities(7)). Granted
 * capabilities are to survive our own change of ids (KEEP_CAPS, which execve clears), but not one that
 * the job makes to give up root: that fix-up stays on. Whether they do is the job's to say then, as
 * setpriv(1) does: what it keeps is no more than it was granted.
 */
int step_lock_privilege(struct job *job, const struct plan_step *step)
{
	const uint64_t granted = step->value[0];
	const unsigned long nothing =
		SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_KEEP_CAPS_LOCKED;
	const unsigned long locked = (granted ? SECBIT_KEEP_CAPS : nothing) | SECBIT_NOROOT |
				     SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
				     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	(void)job;
	for (unsigned long capability = 0; capability <= LAST_POSSIBLE_CAPABILITY; capability++)
		if (!(granted >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
			if (errno != EINVAL) /* EINVAL: beyond this kernel's last capability */
				return -1;
			break;
		}
	return prctl(PR_SET_SECUREBITS, locked, 0, 0, 0);
}

int step_credentials(struct job *job, const struct plan_step *step)
{
	uid_t uid = (uid_t)step->value[0];
	gid_t gid = (gid_t)step->value[1];

	(void)job;
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -1;
	/* a change of ids cleared it, and /proc/self would be nobody's to read */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

int step_rlimit(struct job *job, const struct plan_step *step)
{
	struct rlimit limit = { .rlim_cur = step->value[1], .rlim_max = step->value[2] };

	switch (step->value[0]) {
	case RLIMIT_NOFILE: /* the remaining steps need a few descriptors, and a stack, of their own */
	case RLIMIT_STACK:
	case RLIMIT_DATA:
	case RLIMIT_AS:
		job->late[step->value[0]] = limit;
		job->late_set |= 1u << step->value[0];
		return 0;
	default:
		return setrlimit((int)step->value[0], &limit);
	}
}

int limits_set_late(const struct job *job)
{
	for (int resource = 0; resource < RLIM_NLIMITS; resource++)
		if (job->late_set >> resource & 1 && setrlimit(resource, &job->late[resource]) < 0)
			return -1;
	return 0;
}

static int set_all(uint64_t effective, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2];

	for (int i = 0; i < 2; i++)
		sets[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(effective >> (32 * i)),
			.permitted = (uint32_t)(effective >> (32 * i)),
			.inheritable = (uint32_t)(inheritable >> (32 * i)),
		};
	return (int)syscall(SYS_capset, &header, sets);
}

int capabilities_set(uint64_t effective)
{
	return set_all(effective, 0);
}

/* Ambient, because nothing else passes execve without uid 0's privilege or that of a file (capabilities(7)). */
int step_drop_capabilities(struct job *job, const struct plan_step *step)
{
	const uint64_t granted = step->value[0];

	(void)job;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || set_all(granted, granted) < 0)
		return -1;
	for (unsigned long capability = 0; capability <= LAST_POSSIBLE_CAPABILITY; capability++)
		if ((granted >> capability & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return -1;
	return 0;
}

int step_no_new_privs(struct job *job, const struct plan_step *step)
{
	(void)job;
	(void)step;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/*
 * Counts the CPU time of the whole tree, children of parents that ignore SIGCHLD included. Where
 * perf_event_paranoid refuses it the watchdog is alone, which the host reads off the missing descriptor.
 */
int step_cpu_clock(struct job *job, const struct plan_step *step)
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
	job->page->clock = clock < 0 ? -1 : fcntl(clock, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	return 0;
}
