/*
 * Descriptors 0 to 2 of the job. Programs open them again by name (/dev/stdin, /proc/self/fd/1), and then
 * the job's rights on what is behind them count, not those of who made it (proc(5), /proc/pid/fd). So the
 * job owns its pipes, /dev/null is that of its own /dev, and Landlock is told of a file that no folder
 * of the root leads to.
 */
#include "job.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Nothing of the host's: its /dev/null, which stands for no input, is replaced, and no other device is let through. */
static int replace_device(struct job *job, int *fd, dev_t device)
{
	int own = job->null < 0 || device != makedev(1, 3) ? -1 : fcntl(job->null, F_DUPFD_CLOEXEC, FIRST_OWN_FD);

	if (own < 0) {
		errno = ENODEV;
		return -1;
	}
	close_fd(fd);
	*fd = own;
	return 0;
}

/* In pid 1. Of real root's pipes the host has changed the owner to the job's id outside; those of its further ids are ours to give. */
int streams_own(struct job *job)
{
	struct stat status;

	for (int i = 0; i < 3; i++) {
		if (fstat(job->stdio[i], &status) < 0)
			return -1;
		if (S_ISFIFO(status.st_mode) && ranges_give(job, job->stdio[i], "") < 0)
			return -1;
		if (S_ISCHR(status.st_mode) && replace_device(job, &job->stdio[i], status.st_rdev) < 0)
			return -1;
	}
	close_fd(&job->null);
	return 0;
}
