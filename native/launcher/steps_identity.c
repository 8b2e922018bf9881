/*
 * Who pid 1 is: root of the job's first user namespace, and nobody special outside of it.
 */
#include "steps_identity.h"

#include "ids.h"
#include "sys.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>

static int become_mapped_root(const struct root *root)
{
	int32_t error = EPIPE;
	ssize_t size = read(root->request->lifeline, &error, sizeof error);

	/* The launcher, or who maps for it, answers with the errno of the maps; nothing at all if it died, and so do we: there is nothing wrong with the job. */
	if (size == 0)
		_exit(1);
	if (size != sizeof error || error != 0) {
		errno = error;
		return -1;
	}
	/* with several ids the caller's groups can be given up, and are */
	if ((root->plan->header->flags & PLAN_SUB_IDS) && setgroups(0, NULL) < 0)
		return -1;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return -1;
	/* setresuid cleared it (prctl(2), PR_SET_DUMPABLE), and /proc/self became root's */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

int step_identity(struct root *root, const struct plan_step *step)
{
	const struct plan_header *header = root->plan->header;
	const int below = root->request->below_holder;

	(void)step;
	if (header->flags & (PLAN_FOREIGN_IDS | PLAN_SUB_IDS)) {
		if (become_mapped_root(root) < 0)
			return -1;
	} else if (!root->mapped && ids_map_self("/proc", below ? 0 : header->host_uid, below ? 0 : header->host_gid) < 0) {
		return -1;
	}
	/* A change of credentials clears it, hence here; the lifeline covers a launcher that is dead already. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}
