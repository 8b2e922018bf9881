/*
 * A time namespace, in which CLOCK_MONOTONIC and CLOCK_BOOTTIME begin near zero (time_namespaces(7)): how long a host is up tells it from others,
 * and when it was last updated. pid 1 keeps the host's clocks, and so do all stamps: the payload goes over with execve.
 */
#include "steps_clocks.h"

#include "file.h"
#include "sys.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static int try_clocks(void)
{
	pid_t child;

	if (unshare(CLONE_NEWTIME) < 0)
		return -1;
	child = vfork();
	if (child == 0)
		_exit(0);
	return child < 0 ? -1 : waitpid(child, NULL, 0);
}

/*
 * Before Linux 6.1 nobody with another namespace for its children can make one that shares its memory, as the payload does until execve, and the
 * namespace cannot be taken back (EINVAL, copy_process in kernel/fork.c): a process that is in nobody's way tries it.
 */
static int has_clocks(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(try_clocks() < 0);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Offsets are to the initial namespace's clocks, also where the host is in a namespace itself; a new one begins with its maker's. */
static int set_offsets(int proc)
{
	char text[128];
	int64_t monotonic, boot;
	unsigned monotonic_ns, boot_ns;
	struct timespec now, since_boot;
	autoclose int offsets = openat(proc, "self/timens_offsets", O_RDONLY | O_CLOEXEC);
	ssize_t size = offsets < 0 ? -1 : read(offsets, text, sizeof text - 1);

	if (size < 0 || clock_gettime(CLOCK_MONOTONIC, &now) < 0 || clock_gettime(CLOCK_BOOTTIME, &since_boot) < 0)
		return -1;
	text[size] = 0;
	if (sscanf(text, "monotonic %" SCNd64 " %u boottime %" SCNd64 " %u", &monotonic, &monotonic_ns, &boot, &boot_ns) != 4) {
		errno = EPROTO;
		return -1;
	}
	snprintf(text, sizeof text, "monotonic %" PRId64 " %u\nboottime %" PRId64 " %u\n", monotonic - now.tv_sec, monotonic_ns,
		 boot - since_boot.tv_sec, boot_ns);
	return write_file(proc, "self/timens_offsets", text);
}

int step_clocks(struct root *root, const struct plan_step *step)
{
	(void)step;
	if (!has_clocks()) {
		root_skip(root);
		return 0;
	}
	return unshare(CLONE_NEWTIME) < 0 ? -1 : set_offsets(root->proc);
}
