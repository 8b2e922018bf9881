/*
 * What the payload really is, just before the filter and execve: read from the kernel, not copied
 * from the plan. A privilege that is left is an error here, not a line in a report.
 */
#include "readback.h"

#include "capabilities.h"
#include "sys.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int read_namespaces(struct payload *payload)
{
	static const char *const names[NAMESPACE_COUNT] = { "user", "mnt", "pid",   "net",
							    "ipc",  "uts", "cgroup", "time" };
	autoclose int directory = openat(payload->proc, "self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return -1;
	for (int i = 0; i < NAMESPACE_COUNT; i++) {
		struct stat status;

		/* the kernel may be built without the last one */
		if (fstatat(directory, names[i], &status, 0) == 0)
			payload->page->namespaces[i] = status.st_ino;
		else if (i < NAMESPACE_COUNT - 1)
			return -1;
	}
	return 0;
}

static int read_capabilities(struct payload *payload)
{
	const uint64_t granted = plan_find(payload->plan, STEP_DROP_CAPABILITIES)->value[0];

	if (capabilities_left(&payload->page->capabilities) < 0)
		return -1;
	errno = EPERM;
	return payload->page->capabilities & ~granted ? -1 : 0;
}

int readback(struct payload *payload)
{
	struct rusage usage;

	if (read_namespaces(payload) < 0 || read_capabilities(payload) < 0)
		return -1;
	payload->page->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	payload->page->securebits = (uint32_t)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	/* what set-up cost is not the job's; what follows, one filter and one execve, is counted to it */
	getrusage(RUSAGE_SELF, &usage);
	payload->page->setup_user_us =
		(uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
	payload->page->setup_system_us =
		(uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
	return 0;
}
