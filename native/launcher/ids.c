/*
 * One id inside for one outside, in a new user namespace; and to whom of several ids a file belongs.
 */
#include "ids.h"

#include "file.h"
#include "sys.h"

#include <stdio.h>

/*
 * A process without privilege may map only itself, once, and only after it gave up setgroups for
 * good (user_namespaces(7), "Defining user and group ID mappings"; CVE-2014-8989).
 */
int ids_write_maps(int process, uint32_t inside_uid, uint32_t uid, uint32_t inside_gid, uint32_t gid)
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

static int map_to_root(const char *process_directory, uint32_t uid, uint32_t gid)
{
	autoclose int process = open(process_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return process < 0 ? -1 : ids_write_maps(process, 0, uid, 0, gid);
}

int ids_map_self(const char *proc, uint32_t uid, uint32_t gid)
{
	char path[32];

	snprintf(path, sizeof path, "%s/self", proc);
	return map_to_root(path, uid, gid);
}

/* Real root never enters a job: the launcher maps an id of the configured range instead. */
int ids_map_foreign(const struct plan *plan, pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	return map_to_root(path, plan->header->host_uid, plan->header->host_gid);
}

/* Directories and files of pid 1's making are the job's, whoever that is inside. */
int ids_give(const struct plan *plan, int directory, const char *name)
{
	const struct plan_step *step;

	if (!(plan->header->flags & PLAN_SUB_IDS))
		return 0;
	step = plan_find(plan, STEP_CREDENTIALS);
	return fchownat(directory, name, (uid_t)step->value[0], (gid_t)step->value[1],
			AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}
