/*
 * Where the payload is counted and where it runs: its control groups, a cgroup namespace that hides
 * them, and its processors. pid 1 stays outside of the job's groups, because memory.oom.group takes
 * everything in one along (cgroup-v2.rst), and somebody has to be left to report it.
 */
#include "steps_cgroup.h"

#include "sys.h"

#include <sched.h>

static int keep(const struct payload *payload, uint64_t number)
{
	return fcntl(payload->request->extra[number], F_DUPFD_CLOEXEC, FIRST_OWN_FD);
}

/* Pid 1, before it closes what came with the job: the payload needs these. */
int cgroup_keep(struct payload *payload, const struct plan_step *step)
{
	if (step->value[1] && (payload->cgroup = keep(payload, step->value[1] - 1)) < 0)
		return -1;
	for (uint64_t i = 0; i < step->value[0]; i++) {
		int fd = keep(payload, (uint64_t)step->fd + i);

		if (fd < 0)
			return -1;
		payload->cgroup_procs[payload->cgroup_procs_count++] = fd;
	}
	return 0;
}

void cgroup_let_go(struct payload *payload)
{
	close_fd(&payload->cgroup);
	payload->cgroup = -1;
	for (; payload->cgroup_procs_count > 0; payload->cgroup_procs_count--)
		close_fd(&payload->cgroup_procs[payload->cgroup_procs_count - 1]);
}

/*
 * The files were opened by the host, whose rights count (cgroups(7), "Delegation containment"; the
 * opener's since Linux 5.16). The namespace comes last: it begins at the groups it is made in, and
 * shows the path of none above.
 */
int step_cgroup(struct payload *payload, const struct plan_step *step)
{
	(void)step;
	for (int i = 0; i < payload->cgroup_procs_count; i++)
		if (write(payload->cgroup_procs[i], "0", 1) != 1)
			return -1;
	return unshare(CLONE_NEWCGROUP);
}

int step_affinity(struct payload *payload, const struct plan_step *step)
{
	return (int)syscall(SYS_sched_setaffinity, 0, step->value[1], payload->plan->blob + step->value[0]) < 0
		       ? -1
		       : 0;
}
