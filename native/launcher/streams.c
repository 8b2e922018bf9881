/*
 * Descriptors 0 to 2 of the job, and its further pipes. Programs open them again by name (/dev/stdin, /proc/self/fd/1), and then
 * the job's rights on what is behind them count, not those of who made it (proc(5), /proc/pid/fd). So the
 * job owns its pipes, /dev/null is that of its own /dev, and Landlock is told of a file that no directory
 * of the root leads to.
 */
#include "streams.h"

#include "ids.h"
#include "sys.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Nothing of the host's: its /dev/null, which stands for no input, is replaced, and no other device is let through. */
static int replace_device(struct root *root, int *fd, dev_t device)
{
	int own = root->null < 0 || device != makedev(1, 3) ? -1 : fcntl(root->null, F_DUPFD_CLOEXEC, FIRST_OWN_FD);

	if (own < 0) {
		errno = ENODEV;
		return -1;
	}
	close_fd(fd);
	*fd = own;
	return 0;
}

/* In pid 1. Of real root's pipes the host has changed the owner to the job's id outside; those of its further ids are ours to give. */
int streams_own(struct root *root)
{
	const int inherited = plan_find(root->plan, STEP_SESSION)->flags & STEP_FLAG_INHERITED;
	struct stat status;

	for (int i = 0; i < 3; i++) {
		if (fstat(root->request->stdio[i], &status) < 0)
			return -1;
		if (S_ISFIFO(status.st_mode) && ids_give(root->plan, root->request->stdio[i], "") < 0)
			return -1;
		if (S_ISCHR(status.st_mode) && replace_device(root, &root->request->stdio[i], status.st_rdev) < 0)
			return -1;
	}
	for (int i = PLAN_FIRST_PIPE; i <= PLAN_LAST_PIPE; i++)
		if (root->request->pipes[i] >= 0 && !inherited && ids_give(root->plan, root->request->pipes[i], "") < 0)
			return -1;
	close_fd(&root->null);
	return 0;
}

int streams_keep(struct request *request, const struct plan_step *session)
{
	int next = session->fd;
	struct stat status;

	for (int i = PLAN_FIRST_PIPE; i <= PLAN_LAST_PIPE; i++) {
		if (!(session->value[2] >> i & 1))
			continue;
		/* whatever else the host may send by mistake is nothing that a job may have, unless it says that it means it */
		if (fstat(request->extra[next], &status) < 0)
			return -1;
		if (!S_ISFIFO(status.st_mode) && !(session->flags & STEP_FLAG_INHERITED)) {
			errno = ENODEV;
			return -1;
		}
		request->pipes[i] = fcntl(request->extra[next++], F_DUPFD_CLOEXEC, FIRST_OWN_FD);
		if (request->pipes[i] < 0)
			return -1;
	}
	return 0;
}

int streams_place(const struct request *request)
{
	for (int i = 0; i < 3; i++)
		if (dup2(request->stdio[i], i) < 0)
			return -1;
	for (int i = PLAN_FIRST_PIPE; i <= PLAN_LAST_PIPE; i++)
		if (request->pipes[i] >= 0 && dup2(request->pipes[i], i) < 0)
			return -1;
	return 0;
}

int streams_pass(const struct request *request, uint64_t opened)
{
	for (int i = PLAN_FIRST_PIPE; i <= PLAN_LAST_PIPE; i++)
		if ((request->pipes[i] >= 0 || opened >> i & 1) && fcntl(i, F_SETFD, 0) < 0)
			return -1;
	return 0;
}

void streams_close(struct request *request)
{
	for (int i = 0; i < 3; i++)
		close_fd(&request->stdio[i]);
	for (int i = PLAN_FIRST_PIPE; i <= PLAN_LAST_PIPE; i++)
		close_fd(&request->pipes[i]);
}
