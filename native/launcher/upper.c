/*
 * The upper side of an overlay before it is mounted. Mount points and files are made through the
 * overlay, which needs permission on the folder they go into; the folders of the host's root have an
 * owner whose id is not mapped here, so that is EACCES whatever our capabilities (user_namespaces(7),
 * "Operations on an object"). A folder of the same name in the upper side merges with the lower one
 * and is ours, and nothing has to be copied up for it.
 */
#include "job.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* The folder in the lower side, -1 with ENOENT if it is missing, with another errno if it is something else. */
static int enter_lower(int lower, const char *name)
{
	if (lower < 0) {
		errno = ENOENT;
		return -1;
	}
	return openat(lower, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int enter_upper(int upper, const char *name, int lower)
{
	struct stat status = { .st_mode = 0755 };

	if (lower >= 0 && fstat(lower, &status) < 0)
		return -1;
	if (mkdirat(upper, name, status.st_mode & 07777) < 0 && errno != EEXIST)
		return -1;
	return openat(upper, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Makes the folders above the last component of `path`, as far as the lower side has folders or nothing. */
static int make_way(int lower, int upper, const char *path)
{
	autoclose int above = fcntl(upper, F_DUPFD_CLOEXEC, 3);
	autoclose int below = fcntl(lower, F_DUPFD_CLOEXEC, 3);

	while (above >= 0) {
		char component[NAME_MAX + 1];
		size_t length;
		int next;

		while (*path == '/')
			path++;
		length = strcspn(path, "/");
		if (path[length] == 0 || length > NAME_MAX)
			return 0;
		memcpy(component, path, length);
		component[length] = 0;
		next = enter_lower(below, component);
		if (next < 0 && errno != ENOENT)
			return 0; /* a link or a file: the step that goes through it is refused */
		close_fd(&below);
		below = next;
		next = enter_upper(above, component, below);
		close_fd(&above);
		above = next;
		path += length;
	}
	return -1;
}

int upper_prepare(const struct job *job, const struct plan_step *overlay, int lower, int upper)
{
	const struct plan_step *end = job->plan.steps + job->plan.header->step_count;
	const char *root = plan_text(&job->plan, overlay->b);
	size_t length = strlen(root);

	for (const struct plan_step *step = overlay + 1; step < end && step->phase <= PHASE_FILES; step++) {
		const char *target = plan_text(&job->plan, step->b);

		if (step->kind == STEP_MASK)
			continue; /* lies in the job's /proc, which is a mount of its own: nothing is made for it */
		if (strncmp(target, root, length) == 0 && target[length] == '/' &&
		    make_way(lower, upper, target + length) < 0)
			return -1;
	}
	return 0;
}
