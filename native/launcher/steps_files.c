/*
 * Files put into the root before the job starts. They belong to the job; what they replace does not,
 * so an existing file of the host is covered by a mount and never written to.
 */
#include "steps_files.h"

#include "bind.h"
#include "ids.h"
#include "steps_mounts.h"
#include "sys.h"
#include "target.h"

#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static int write_all(int file, const unsigned char *bytes, uint64_t size)
{
	while (size > 0) {
		ssize_t written = write(file, bytes, size < (1u << 30) ? size : (1u << 30));

		if (written <= 0)
			return -1;
		bytes += written;
		size -= (uint64_t)written;
	}
	return 0;
}

static int copy_all(int file, int source)
{
	off_t offset = 0;
	ssize_t copied;

	do
		copied = sendfile(file, source, &offset, 1u << 30);
	while (copied > 0);
	return copied < 0 ? -1 : 0;
}

static int write_new(struct root *root, int dir, const char *name, const struct plan_step *step)
{
	/* the mode is taken as it is: pid 1 has no umask */
	autoclose int file = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				    (mode_t)step->value[0]);

	if (file < 0 || ids_give(root->plan, file, "") < 0)
		return -1;
	if (step->fd >= 0)
		return copy_all(file, root->request->extra[step->fd]);
	return write_all(file, root->plan->blob + step->value[1], step->value[2]);
}

/* EISDIR or EINVAL for what is no regular file. */
static int check_regular(int file)
{
	struct stat status;

	if (fstat(file, &status) < 0)
		return -1;
	if (S_ISREG(status.st_mode))
		return 0;
	errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	return -1;
}

/* Writes the file where the job cannot see it: only a mount of it will show it. */
static int write_hidden(struct root *root, const struct plan_step *step)
{
	char name[24];

	snprintf(name, sizeof name, "file%d", root->hidden_files++);
	if (write_new(root, root->scratch, name, step) < 0)
		return -1;
	int tree = sys_open_tree(root->scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	return step->flags & STEP_FLAG_READ_ONLY ? bind_restrict(tree, step->flags) : tree;
}

/* Covers an existing file that is not ours to remove. */
static int cover(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->b);
	autoclose int target = target_find(root, path);

	if (target < 0) {
		errno = errno == ENOENT ? EROFS : errno;
		return -1;
	}
	if (check_regular(target) < 0)
		return -1;
	autoclose int tree = write_hidden(root, step);

	return tree < 0 ? -1 : target_cover(root, tree, path, target);
}

/* 1: written. 0: something that has to be covered is there. */
static int write_over(struct root *root, const struct parent *parent, const char *name,
		      const struct plan_step *step)
{
	if (write_new(root, parent->fd, name, step) == 0)
		return 1;
	if (errno != EEXIST)
		return -1;
	if (unlinkat(parent->fd, name, 0) == 0)
		return write_new(root, parent->fd, name, step) < 0 ? -1 : 1;
	return errno == EBUSY ? 0 : -1; /* EBUSY: a mount, which is covered like a host's file */
}

static int make_mount_point(int dir, const char *name)
{
	return mknodat(dir, name, S_IFREG | 0644, 0);
}

static int is_link(int dir, const char *name)
{
	struct stat status;

	return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

/* Mounts a file at `path`, over the file or in place of the link that is there. */
static int place(struct root *root, int tree, const char *path)
{
	const char *name;
	const struct parent *parent = target_parent(root, path, &name);

	if (!parent)
		return -1;
	if (parent->own && make_mount_point(parent->fd, name) < 0) {
		if (errno != EEXIST)
			return -1;
		if (is_link(parent->fd, name) &&
		    (unlinkat(parent->fd, name, 0) < 0 || make_mount_point(parent->fd, name) < 0))
			return -1;
	}
	return target_mount(root, tree, parent, name, path);
}

int step_file(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->b);
	const char *name;
	const struct parent *parent = target_parent(root, path, &name);

	if (!parent)
		return -1;
	if (step->flags & STEP_FLAG_READ_ONLY) {
		autoclose int tree = write_hidden(root, step);

		return tree < 0 ? -1 : place(root, tree, path);
	}
	if (parent->own) {
		int written = write_over(root, parent, name, step);

		if (written != 0)
			return written < 0 ? -1 : 0;
	}
	return cover(root, step);
}

/*
 * A mount point can be neither removed, renamed nor replaced (EBUSY, rename(2)), and a read-only mount
 * lets nobody write, whoever owns the file.
 */
int step_bind_file(struct root *root, const struct plan_step *step)
{
	autoclose int tree = bind_source(root, step);

	if (tree < 0 || check_regular(tree) < 0)
		return -1;
	return place(root, tree, plan_text(root->plan, step->b));
}

/*
 * Renaming a directory takes the mounts below along (rename(2) refuses mount points only), and another
 * directory with other files could take its place: so the directories above a file that must stay are mount
 * points themselves.
 */
int step_pin(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->b);
	autoclose int directory = target_directory(root, path);
	struct stat status;

	if (directory < 0 || fstat(directory, &status) < 0)
		return -1;
	if (!S_ISDIR(status.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	autoclose int tree =
		sys_open_tree(directory, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	return tree < 0 ? -1 : target_cover(root, tree, path, directory);
}

/*
 * The job may open its descriptor 0 again through /proc/self/fd with other flags (proc(5)): the file is
 * opened through a read-only mount, where every way to change it is EROFS. No byte is copied for it.
 */
int step_stdin(struct root *root, const struct plan_step *step)
{
	autoclose int tree = bind_source(root, step);
	char path[40];

	if (tree < 0 || check_regular(tree) < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", tree);
	int file = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (file < 0)
		return -1;
	close(root->request->stdio[0]);
	root->request->stdio[0] = file;
	return 0;
}

/*
 * A working directory in a root that will be read-only by the time the job could make it. Where something
 * is in the way, it is the job's own step into the directory that says so.
 */
int step_make_directory(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->b);
	const struct parent *parent;
	const char *name;

	if (target_exists(root, path))
		return 0;
	parent = target_parent(root, path, &name);
	if (!parent || !parent->own)
		return 0;
	return mkdirat(parent->fd, name, (mode_t)step->value[0]) < 0 ? -1 : ids_give(root->plan, parent->fd, name);
}

/*
 * A second mount of a part of the root: the first one alone becomes read-only in the end (mount_setattr(2) without
 * AT_RECURSIVE), and what is written here goes to the same upper side.
 */
int step_keep_writable(struct root *root, const struct plan_step *step)
{
	return step_make_directory(root, step) < 0 ? -1 : step_pin(root, step);
}
