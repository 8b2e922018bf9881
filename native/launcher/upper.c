/*
 * The upper side of an overlay before it is mounted. Mount points and files are made through the
 * overlay, which needs permission on the directory they go into; the directories of the host's root have an
 * owner whose id is not mapped here, so that is EACCES whatever our capabilities (user_namespaces(7),
 * "Operations on an object"). A directory of the same name in the upper side merges with the lower one
 * and is ours, and nothing has to be copied up for it.
 */
#include "upper.h"

#include "sys.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* The directory in the lower side, -1 with ENOENT if it is missing, with another errno if it is something else. */
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

/* Makes the directories above the last component of `path`, as far as the lower side has directories or nothing; that one too if it is wanted. */
static int make_way(int lower, int upper, const char *path, int whole)
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
		if (length == 0 || length > NAME_MAX || (path[length] == 0 && !whole))
			return 0;
		memcpy(component, path, length);
		component[length] = 0;
		next = enter_lower(below, component);
		if (next < 0 && errno != ENOENT && path[length])
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

int upper_prepare(const struct request *request, const struct plan_step *overlay, int lower, int upper)
{
	const struct plan_step *end = request->plan.steps + request->plan.header->step_count;
	const char *root = plan_text(&request->plan, overlay->b);
	size_t length = strlen(root);

	for (const struct plan_step *step = overlay + 1; step < end && step->phase <= PHASE_FILES; step++) {
		const char *target = plan_text(&request->plan, step->b);

		if (step->kind == STEP_MASK)
			continue; /* lies in the job's /proc or below a bind, which are mounts of their own: nothing is made for it */
		if (strncmp(target, root, length) == 0 && target[length] == '/' &&
		    make_way(lower, upper, target + length, 0) < 0)
			return -1;
	}
	return 0;
}

static int becomes_directory(const struct request *request, const struct plan_step *step)
{
	const int tree = request->tree[step - request->plan.steps];
	struct stat status;

	if (step->kind == STEP_BIND)
		return (tree >= 0 ? fstat(tree, &status) : stat(plan_text(&request->plan, step->a), &status)) == 0 &&
		       S_ISDIR(status.st_mode);
	return step->kind == STEP_DIRECTORY || step->kind == STEP_TMPFS || step->kind == STEP_OVERLAY || step->kind == STEP_PROC ||
	       step->kind == STEP_KEEP_WRITABLE;
}

/* The topmost layer that has something at `path`, if that is no directory; else -1. */
static int layer_without_directory(const int *layers, int count, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0; i < count; i++) {
		autoclose int found = sys_openat2(layers[i], path, &how);
		struct stat status;

		if (found < 0 && errno == ENOENT)
			continue;
		return found >= 0 && fstat(found, &status) == 0 && !S_ISDIR(status.st_mode) ? layers[i] : -1;
	}
	return -1;
}

/*
 * A link or file of a layer that stands where a directory is to be (/tmp -> /var/tmp) gives way to it. Done through the overlay the directory would
 * have to be marked as opaque, which tmpfs cannot take before Linux 6.6 (EIO; ovl_create_over_whiteout, fs/overlayfs/dir.c); a directory
 * in the upper side hides whatever else is below without a mark.
 */
int upper_make_directories(const struct request *request, const struct plan_step *overlay, const int *layers, int count, int upper)
{
	const struct plan_step *end = request->plan.steps + request->plan.header->step_count;
	const char *root = plan_text(&request->plan, overlay->b);
	size_t length = strlen(root);

	for (const struct plan_step *step = overlay + 1; step < end && step->phase <= PHASE_MOUNTS; step++) {
		const char *target = step->kind == STEP_PROC ? "/proc" : plan_text(&request->plan, step->b);
		int layer;

		if (strncmp(target, root, length) != 0 || target[length] != '/' || target[length + 1] == 0 || !becomes_directory(request, step))
			continue;
		layer = layer_without_directory(layers, count, target + length + 1);
		if (layer >= 0 && make_way(layer, upper, target + length, 1) < 0)
			return -1;
	}
	return 0;
}
