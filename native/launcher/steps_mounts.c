/*
 * The job's root: a tmpfs of our own that everything else is mounted into, in pid 1, as root of the
 * first user namespace. Nothing here follows a path of the new root by name; see target.c.
 */
#include "steps_mounts.h"

#include "bind.h"
#include "ids.h"
#include "sys.h"
#include "target.h"
#include "view.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define INERT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

int tmpfs_new(uint64_t bytes, uint64_t inodes, uint64_t flags)
{
	autoclose int fs = sys_fsopen("tmpfs");
	char number[24];

	if (fs < 0)
		return -1;
	/* size=0 would mean unlimited (tmpfs(5)) */
	snprintf(number, sizeof number, "%llu", (unsigned long long)(bytes ? bytes : 1));
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", number, 0) < 0)
		return -1;
	snprintf(number, sizeof number, "%llu", (unsigned long long)(inodes ? inodes : 1));
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", number, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, (unsigned)flags);
}

int step_root(struct root *root, const struct plan_step *step)
{
	root->mount = tmpfs_new(step->value[0], step->value[1], INERT);
	return root->mount < 0 ? -1 : target_claim(root, root->mount);
}

/* One tmpfs for everything the job may write, so that `disk` is one number the kernel holds. */
int step_scratch(struct root *root, const struct plan_step *step)
{
	root->scratch = tmpfs_new(step->value[0], step->value[1], INERT);
	if (root->scratch < 0 || target_claim(root, root->scratch) < 0 ||
	    mkdirat(root->scratch, "empty", 0555) < 0)
		return -1;
	return 0;
}

/*
 * Both file systems have to be attached before anything can be mounted into or cloned out of them
 * (open_tree(2), mount_namespaces(7)). They go on top of the old root, the scratch first: whatever
 * is mounted there leaves together with the old root.
 */
int mounts_begin(struct root *root)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (root->scratch >= 0 && sys_move_mount(root->scratch, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	return sys_move_mount(root->mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
}

/* In order: a view of the job's own, what the launcher opened as real root, what we can open ourselves. */
int bind_source(struct root *root, const struct plan_step *step)
{
	int *ahead = &root->request->tree[step - root->plan->steps];
	int tree = step->flags & STEP_FLAG_OWN_INODES ? view_open(root, step) : -1;

	if (tree >= 0 || (errno == ENOENT && step->flags & STEP_FLAG_STORED))
		return tree;
	if (*ahead < 0 && step->kind == STEP_BIND && step->value[3]) {
		errno = EPERM; /* only real root can show whose files these are to be (owner.c) */
		return -1;
	}
	tree = *ahead < 0 ? bind_open_source(plan_text(root->plan, step->a), step) : *ahead;
	*ahead = -1;
	root->page->shared_inodes += tree >= 0 && step->flags & STEP_FLAG_OWN_INODES;
	return tree;
}

int step_bind(struct root *root, const struct plan_step *step)
{
	autoclose int tree = bind_source(root, step);
	struct stat status;

	if (tree < 0 && errno == ENOENT && (step->flags & STEP_FLAG_OPTIONAL)) {
		root_skip(root);
		return 0;
	}
	if (tree < 0 || fstat(tree, &status) < 0)
		return -1;
	/* of a view it was its directory */
	if (!(step->flags & STEP_FLAG_OWN_INODES) && bind_compare(step, tree) < 0)
		return -1;
	return target_attach(root, tree, plan_text(root->plan, step->b), status.st_mode & S_IFMT);
}

/* A directory of the scratch tmpfs, numbered: two targets may end in the same name. */
int step_directory(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->b);
	struct mount_attr attr = { .attr_set = mount_attributes(step->flags) };
	char name[24];

	snprintf(name, sizeof name, "directory%d", root->directories++);
	if (mkdirat(root->scratch, name, (mode_t)step->value[0]) < 0 || ids_give(root->plan, root->scratch, name) < 0)
		return -1;
	autoclose int tree = sys_open_tree(root->scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 ||
	    (attr.attr_set & ~(uint64_t)INERT && sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0))
		return -1;
	return target_attach(root, tree, path, S_IFDIR);
}

int step_tmpfs(struct root *root, const struct plan_step *step)
{
	autoclose int tree = tmpfs_new(step->value[0], step->value[1], mount_attributes(step->flags));

	if (tree < 0 || target_claim(root, tree) < 0 || fchmodat(tree, ".", 01777, 0) < 0 || ids_give(root->plan, tree, ".") < 0 ||
	    target_attach(root, tree, plan_text(root->plan, step->b), S_IFDIR) < 0)
		return -1;
	if (root->tmpfs_count < STARTED_TMPFS_MAX)
		root->tmpfs[root->tmpfs_count++] = fcntl(tree, F_DUPFD_CLOEXEC, 3);
	return 0;
}

/* 1: the link that is wanted. 0: another one. -1: none. */
static int link_says(int dir, const char *name, const char *text)
{
	char there[PATH_MAX];
	ssize_t length = readlinkat(dir, name, there, sizeof there);

	if (length < 0)
		return -1;
	return (size_t)length == strlen(text) && memcmp(there, text, (size_t)length) == 0;
}

/* What a job before this one, or a layer, has left as it is wanted can stay, in a directory of the user as well. */
int step_symlink(struct root *root, const struct plan_step *step)
{
	const char *name, *text = plan_text(root->plan, step->a);
	const struct parent *parent = target_parent(root, plan_text(root->plan, step->b), &name);
	int there = parent ? link_says(parent->fd, name, text) : -1;

	if (!parent)
		return -1;
	if (there == 1)
		return 0;
	if (!parent->own) {
		errno = there == 0 ? EEXIST : EROFS;
		return -1;
	}
	if (there == 0 && unlinkat(parent->fd, name, 0) < 0)
		return -1;
	return symlinkat(text, parent->fd, name);
}

/*
 * pivot_root(".", ".") stacks the old root on top of the new one (pivot_root(2), NOTES), on top of that
 * the scratch, and the root tmpfs where layers stand in its place; all are detached, with everything
 * below them.
 */
int step_pivot(struct root *root, const struct plan_step *step)
{
	int stacked = 1 + (root->scratch >= 0) + root->layered;

	(void)step;
	/* it is, and the old one was never there */
	if (root->copied)
		return chdir("/");
	if (fchdir(root->mount) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	for (; stacked > 0; stacked--)
		if (umount2(".", MNT_DETACH) < 0)
			return -1;
	return chdir("/");
}

int step_seal_root(struct root *root, const struct plan_step *step)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	for (const struct plan_step *other = root->plan->steps; other < step; other++)
		if (other->kind == STEP_OVERLAY && (other->flags & STEP_FLAG_READ_ONLY) &&
		    sys_mount_setattr(AT_FDCWD, plan_text(root->plan, other->b), AT_SYMLINK_NOFOLLOW, &attr) <
			    0)
			return -1;
	/* what is copied is read-only from the start */
	return root->writable || root->copied ? 0 : sys_mount_setattr(AT_FDCWD, "/", 0, &attr);
}
