/*
 * A time namespace, in which CLOCK_MONOTONIC and CLOCK_BOOTTIME begin near zero (time_namespaces(7)): how long a host is up tells it from others,
 * and when it was last updated. pid 1 keeps the host's clocks. What it forks with memory of its own, as the payload and whoever enters,
 * has the new ones from its first instruction on (timens_on_fork, kernel/time/namespace.c).
 */
#include "steps_clocks.h"

#include "clock.h"
#include "file.h"
#include "sys.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

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
	if (write_file(proc, "self/timens_offsets", text) < 0)
		return -1;
	clock_set_children((uint64_t)now.tv_sec * 1000000000u);
	return 0;
}

int step_clocks(struct root *root, const struct plan_step *step)
{
	(void)step;
	if (unshare(CLONE_NEWTIME) == 0)
		return set_offsets(root->proc);
	/* not built in (EINVAL), or none more (ENOSPC, user.max_time_namespaces) */
	root_skip(root);
	return 0;
}
