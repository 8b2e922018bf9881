/*
 * Who pid 1 is: root of the job's first user namespace, and nobody special outside of it.
 */
#include "job.h"

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

int write_file(int dir, const char *path, const char *text)
{
	autoclose int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(text);

	if (fd < 0)
		return -1;
	return write(fd, text, (size_t)length) == length ? 0 : -1;
}

/*
 * A process without privilege may map only itself, once, and only after it gave up setgroups for
 * good (user_namespaces(7), "Defining user and group ID mappings"; CVE-2014-8989).
 */
int write_maps(int process, uint32_t inside_uid, uint32_t uid, uint32_t inside_gid, uint32_t gid)
{
	char map[48];

	if (write_file(process, "setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof map, "%u %u 1", inside_gid, gid);
	if (write_file(process, "gid_map", map) < 0)
		return -1;
	snprintf(map, sizeof map, "%u %u 1", inside_uid, uid);
	return write_file(process, "uid_map", map);
}

static int map_to_root(const char *process_folder, uint32_t uid, uint32_t gid)
{
	autoclose int process = open(process_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return process < 0 ? -1 : write_maps(process, 0, uid, 0, gid);
}

int identity_map_self(uint32_t uid, uint32_t gid)
{
	return map_to_root("/proc/self", uid, gid);
}

/* Real root never enters a job: the launcher maps an id of the configured range instead. */
int identity_map_foreign(const struct job *job, pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	return map_to_root(path, job->plan.header->host_uid, job->plan.header->host_gid);
}

static int become_mapped_root(const struct job *job)
{
	int32_t error = EPIPE;

	/* The launcher, or who maps for it, answers with the errno of the maps; nothing at all if it died. */
	if (read(job->lifeline, &error, sizeof error) != sizeof error || error != 0) {
		errno = error;
		return -1;
	}
	/* with several ids the caller's groups can be given up, and are */
	if ((job->plan.header->flags & PLAN_SUB_IDS) && setgroups(0, NULL) < 0)
		return -1;
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return -1;
	/* setresuid cleared it (prctl(2), PR_SET_DUMPABLE), and /proc/self became root's */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

int step_identity(struct job *job, const struct plan_step *step)
{
	const struct plan_header *header = job->plan.header;

	(void)step;
	if (header->flags & (PLAN_FOREIGN_IDS | PLAN_SUB_IDS)) {
		if (become_mapped_root(job) < 0)
			return -1;
	} else if (!job->mapped && identity_map_self(header->host_uid, header->host_gid) < 0) {
		return -1;
	}
	/* A change of credentials clears it, hence here; the lifeline covers a launcher that is dead already. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}
