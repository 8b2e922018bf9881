/*
 * What the payload really is, just before the filter and execve: read from the kernel, not copied
 * from the plan. A privilege that is left is an error here, not a line in a report.
 */
#include "job.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int read_namespaces(struct job *job)
{
	static const char *const names[NAMESPACE_COUNT] = { "user", "mnt", "pid",   "net",
							    "ipc",  "uts", "cgroup" };
	autoclose int folder = openat(job->proc, "self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return -1;
	for (int i = 0; i < NAMESPACE_COUNT; i++) {
		struct stat status;

		if (fstatat(folder, names[i], &status, 0) < 0)
			return -1;
		job->page->namespaces[i] = status.st_ino;
	}
	return 0;
}

static uint64_t granted(const struct job *job)
{
	const struct plan_step *step = job->plan.steps;

	while (step->kind != STEP_DROP_CAPABILITIES)
		step++; /* ends: it is indispensable (plan.c) */
	return step->value[0];
}

/* The ambient set needs no look: it is a part of the permitted and inheritable ones (capabilities(7)). */
static int read_capabilities(struct job *job)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2];
	uint64_t left = 0;

	if (syscall(SYS_capget, &header, sets) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		left |= (uint64_t)(sets[i].effective | sets[i].permitted | sets[i].inheritable) << (32 * i);
	for (unsigned long capability = 0; capability < 64; capability++) {
		int bounding = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (bounding < 0)
			break;
		if (bounding)
			left |= 1ull << capability;
	}
	job->page->capabilities = left;
	if (left & ~granted(job)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int readback(struct job *job)
{
	struct rusage usage;

	if (read_namespaces(job) < 0 || read_capabilities(job) < 0)
		return -1;
	job->page->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	job->page->securebits = (uint32_t)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	/* what set-up cost is not the job's; what follows, one filter and one execve, is counted to it */
	getrusage(RUSAGE_SELF, &usage);
	job->page->setup_user_us =
		(uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
	job->page->setup_system_us =
		(uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
	return 0;
}
