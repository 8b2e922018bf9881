/*
 * Which part of a step can be copied, and which is the job's alone. An original makes the tmpfs of the root, the host's directories, links,
 * device nodes, generated files and all mount points, and makes that root read-only. What can be written to, the procfs of the job's
 * processes with the masks on it, the settings of its namespaces, and its terminals are made by the job's own pid 1, on mount points that are there.
 *
 * Both keep a shelf: a tmpfs under the root, at which no path of the job arrives. In an original it has the overlays' empty directory and
 * the host's procfs, whose sight is what lets a user namespace mount one of its own (mount_too_revealing, fs/namespace.c); in pid 1 the job's scratch is
 * attached there. The root is on top of it as an initramfs's successor is on top of the initramfs, so nothing has to be unmounted for
 * each job, and what is copied into a job's user namespace is locked in its place (mount_namespaces(7), "Restrictions on mount namespaces").
 */
#include "copied.h"

#include "bind.h"
#include "steps_mounts.h"
#include "steps_system.h"
#include "steps.h"
#include "sys.h"
#include "target.h"

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SHELF_BYTES (1u << 20)
#define SHELF_INODES 128

static int is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* What can be written to is a directory of the job's scratch, or a tmpfs of its own. */
static int is_writable(const struct plan_step *step)
{
	return step->kind == STEP_DIRECTORY || step->kind == STEP_TMPFS;
}

static int is_in_directory(const struct plan *beginning, const char *path)
{
	for (uint32_t i = 0; i < beginning->header->step_count; i++)
		if (is_writable(&beginning->steps[i]) && is_below(path, plan_text(beginning, beginning->steps[i].b)))
			return 1;
	return 0;
}

static int is_in_proc(const struct plan *plan, const struct plan_step *step)
{
	return is_below(plan_text(plan, step->b), "/proc");
}

int copied_can_be(const struct plan *beginning)
{
	int has_scratch = 0;

	for (uint32_t i = 0; i < beginning->header->step_count; i++) {
		const struct plan_step *step = &beginning->steps[i];

		has_scratch |= step->kind == STEP_SCRATCH;
		if (!is_writable(step) && is_in_directory(beginning, plan_text(beginning, step->b)))
			return 0;
	}
	return has_scratch;
}

/* Nothing outside of the job's scratch is left to be made, and nothing of the job is a way for descriptors to leave it. */
int copied_suits(const struct plan *beginning, const struct plan *plan)
{
	const struct plan_step *step = plan->steps + beginning->header->step_count;

	for (; step->phase <= PHASE_FILES; step++)
		if (step->kind != STEP_FILE || (step->flags & STEP_FLAG_READ_ONLY) ||
		    !is_in_directory(beginning, plan_text(plan, step->b)))
			return 0;
	return 1;
}

/* What hides a directory and a file, with the flags that it has there (step_mask): one call less for each of those in a job's /proc. */
static int make_masks(int shelf)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC };
	autoclose int empty = sys_open_tree(shelf, "empty", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	autoclose int null = bind_open("/dev/null", STEP_FLAG_DEVICES | STEP_FLAG_NO_EXEC | STEP_FLAG_READ_ONLY);

	if (empty < 0 || null < 0 || sys_mount_setattr(empty, "", AT_EMPTY_PATH, &attr) < 0 ||
	    sys_move_mount(empty, "", shelf, "empty", MOVE_MOUNT_F_EMPTY_PATH) < 0 || mknodat(shelf, "null", S_IFREG | 0444, 0) < 0)
		return -1;
	return sys_move_mount(null, "", shelf, "null", MOVE_MOUNT_F_EMPTY_PATH);
}

/* On top of the old root, where only descriptors lead to it. */
int copied_begin_original(struct root *root)
{
	autoclose int proc = -1;

	root->scratch = tmpfs_new(SHELF_BYTES, SHELF_INODES, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (root->scratch < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdirat(root->scratch, "empty", 0555) < 0 || mkdirat(root->scratch, "scratch", 0755) < 0 ||
	    mkdirat(root->scratch, "root", 0755) < 0 || mkdirat(root->scratch, "proc", 0755) < 0 ||
	    sys_move_mount(root->scratch, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || make_masks(root->scratch) < 0)
		return -1;
	proc = sys_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	return proc < 0 ? -1 : sys_move_mount(proc, "", root->scratch, "proc", MOVE_MOUNT_F_EMPTY_PATH);
}

static int make_root(struct root *root, const struct plan_step *step)
{
	if (step_build(root, step) < 0)
		return -1;
	return sys_move_mount(root->mount, "", root->scratch, "root", MOVE_MOUNT_F_EMPTY_PATH);
}

static int make_point(struct root *root, const char *path)
{
	autoclose int directory = target_directory(root, path);

	return directory < 0 ? -1 : 0;
}

int copied_make(struct root *root, const struct plan_step *step)
{
	switch (step->kind) {
	case STEP_IDENTITY:
	case STEP_SCRATCH:
	case STEP_COMMON_SYSCTL:
		return 0;
	case STEP_ROOT:
		return make_root(root, step);
	case STEP_DEVICES:
		return devices_make(root);
	case STEP_PROC:
		return make_point(root, "/proc");
	case STEP_DIRECTORY:
	case STEP_TMPFS:
		return make_point(root, plan_text(root->plan, step->b));
	case STEP_MASK:
		return is_in_proc(root->plan, step) ? 0 : step_build(root, step);
	default:
		return step_build(root, step);
	}
}

/* The overlays have been cloned from, and need not be copied for each job. */
static int detach_views(const struct root *root)
{
	for (int i = 0; i < root->view_count; i++) {
		if (root->views[i].mount < 0)
			continue;
		if (fchdir(root->views[i].mount) < 0 || umount2(".", MNT_DETACH) < 0)
			return -1;
		close(root->views[i].mount);
	}
	return 0;
}

/*
 * The root of a process must be the topmost one of its namespace, or it may make no user namespace (current_chrooted, fs/fs_struct.c). The shelf
 * stays in reach by the working directory alone, which the kernel translates for whoever is cloned with a copy of the mounts (copy_mnt_ns).
 */
int copied_end_original(struct root *root)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (detach_views(root) < 0 || sys_mount_setattr(root->mount, "", AT_EMPTY_PATH, &attr) < 0 || fchdir(root->scratch) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    sys_move_mount(root->mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(root->mount) < 0 || chroot(".") < 0)
		return -1;
	return fchdir(root->scratch);
}

int copied_begin(struct root *root)
{
	root->copied = 1;
	root->mount = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root->mount < 0 ? -1 : 0;
}

static int attach_scratch(struct root *root, const struct plan_step *step)
{
	if (step_build(root, step) < 0)
		return -1;
	return sys_move_mount(root->scratch, "", AT_FDCWD, "scratch", MOVE_MOUNT_F_EMPTY_PATH);
}

/* The way to it is through file systems of our own making, which have no links there. What is special about a mask is for step_mask. */
static int mask_in_proc(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->b) + 1;
	struct stat status;

	if (step->flags || step->value[1])
		return step_build(root, step);
	if (fstatat(root->mount, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	autoclose int tree = sys_open_tree(AT_FDCWD, S_ISDIR(status.st_mode) ? "empty" : "null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	return tree < 0 ? -1 : sys_move_mount(tree, "", root->mount, path, MOVE_MOUNT_F_EMPTY_PATH);
}

int copied_finish(struct root *root, const struct plan_step *step)
{
	switch (step->kind) {
	case STEP_SCRATCH:
		return attach_scratch(root, step);
	case STEP_DEVICES:
		return devices_finish(root);
	case STEP_PROC:
	case STEP_DIRECTORY:
	case STEP_TMPFS:
	case STEP_COMMON_SYSCTL:
		return step_build(root, step);
	case STEP_MASK:
		return is_in_proc(root->plan, step) ? mask_in_proc(root, step) : 0;
	default:
		/* of whether it was skipped, the original has told */
		root->optional_steps += (step->flags & STEP_FLAG_OPTIONAL) != 0;
		return 0;
	}
}
