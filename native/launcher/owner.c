/*
 * A volume of real root is used by one job after the other, and each is somebody else outside. On the disk all of it belongs
 * to one owner, who is neither root nor a job: the mount shows that owner's files as the job's, and what the job makes there
 * is the owner's (mount_setattr(2), "ID-mapped mounts"; Linux 5.12, and a file system that allows it).
 */
#include "owner.h"

#include "ids.h"
#include "sys.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A process in a new user namespace, which has to live until the namespace is open, and does nothing. */
static pid_t hold_namespace(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)sys_clone3(&args);

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		for (;;)
			pause();
	}
	return pid;
}

static int open_namespace(pid_t pid, const struct plan *plan, uint64_t owner)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	autoclose int process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (process < 0 || ids_write_maps(process, (uint32_t)owner, plan->header->host_uid, (uint32_t)(owner >> 32),
					  plan->header->host_gid) < 0)
		return -1;
	return openat(process, "ns/user", O_RDONLY | O_CLOEXEC);
}

int owner_show(const struct plan *plan, const struct plan_step *step, int tree)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	pid_t pid;
	int error;

	if (step->value[3] == 0)
		return 0;
	pid = hold_namespace();
	if (pid < 0)
		return -1;
	autoclose int userns = open_namespace(pid, plan, step->value[3]);

	attr.userns_fd = (uint64_t)userns;
	error = userns < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0 ? errno : 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	errno = error;
	return error ? -1 : 0;
}
