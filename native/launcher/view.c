/*
 * A host directory through an overlay without an upper side: the same bytes and the same page cache, but
 * inodes of this job's own. File locks (flock(2), fcntl(2)) and watches (inotify(7)) hang on inodes,
 * so two jobs that both lock /usr/bin/env would otherwise see, and could signal to, each other.
 */
#include "view.h"

#include "bind.h"
#include "sys.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const unsigned clone_flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

/* Only attached mounts can be cloned from: below the scratch, so that it leaves with the old root. */
static int attach(struct root *root, int mount, const char *kind, const struct view *view)
{
	char name[24];

	snprintf(name, sizeof name, "%s%d", kind, (int)(view - root->views));
	if (mkdirat(root->scratch, name, 0755) < 0)
		return -1;
	return sys_move_mount(mount, "", root->scratch, name, MOVE_MOUNT_F_EMPTY_PATH);
}

static int mount_overlay(struct root *root, int lower, const struct view *view)
{
	autoclose int empty = openat(root->scratch, "empty", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int fs = sys_fsopen("overlay");
	char directories[64];

	/* overlayfs asks for two lower directories where there is no upper one */
	snprintf(directories, sizeof directories, "/proc/self/fd/%d:/proc/self/fd/%d", lower, empty);
	if (empty < 0 || fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", directories, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	int mount = sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY);

	if (mount >= 0 && attach(root, mount, "view", view) < 0)
		close_fd(&mount), mount = -1;
	return mount;
}

/* As real root the launcher has opened directories of the store, and their detached mount is ours to attach; -1 for all others. */
static int opened_ahead(const struct request *request, const struct view *view)
{
	for (int i = 0; i < request->opened_count; i++)
		if (request->opened[i].length == view->length && memcmp(request->opened[i].path, view->path, view->length) == 0)
			return request->opened[i].directory;
	return -1;
}

/*
 * Overlayfs does not cross mounts and refuses a directory with mounts below it (EINVAL): a container's
 * /etc, or a /usr in parts. Those are bound as they are, and the result says so.
 */
static void view_make(struct root *root, struct view *view, const struct plan_step *step)
{
	const int opened = opened_ahead(root->request, view);
	char directory[PATH_MAX];

	view->made = 1;
	if (opened >= 0) {
		/* overlayfs takes a directory of our own mounts only (Linux before 6.15) */
		if (attach(root, opened, "store", view) < 0)
			return;
		view->mount = mount_overlay(root, opened, view);
		view->shared = view->mount < 0;
		if (view->shared)
			view->mount = opened;
		return;
	}
	memcpy(directory, view->path, view->length);
	directory[view->length] = 0;
	autoclose int lower = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	view->mount = lower < 0 || bind_compare(step, lower) < 0 ? -1 : mount_overlay(root, lower, view);
}

static struct view *view_named(struct root *root, const char *path, const struct plan_step *step)
{
	const size_t length = (size_t)step->value[0];
	struct view *view = root->views;

	for (; view < root->views + root->view_count; view++)
		if (view->length == length && view->inode == step->value[2] &&
		    memcmp(view->path, path, length) == 0)
			return view;
	if (root->view_count == VIEWS_MAX || length >= PATH_MAX) {
		errno = E2BIG;
		return NULL;
	}
	*view = (struct view){ .path = path, .length = length, .inode = step->value[2], .mount = -1 };
	root->view_count++;
	return view;
}

/* What a user named may be a link that leads out of the view (EXDEV); what is the host's or the store's own is none. */
static int clone_below(int view, const char *rest, uint32_t flags)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	if (*rest == 0)
		return sys_open_tree(view, "", clone_flags | AT_RECURSIVE | AT_EMPTY_PATH);
	if (flags & STEP_FLAG_STORED)
		return sys_open_tree(view, rest, clone_flags | AT_SYMLINK_NOFOLLOW);
	if (flags & STEP_FLAG_OF_SYSTEM)
		return sys_open_tree(view, rest, clone_flags | AT_RECURSIVE);
	autoclose int below = sys_openat2(view, rest, &how);

	return below < 0 ? -1 : sys_open_tree(below, "", clone_flags | AT_RECURSIVE | AT_EMPTY_PATH);
}

int view_open(struct root *root, const struct plan_step *step)
{
	const char *path = plan_text(root->plan, step->a);
	struct view *view = view_named(root, path, step);
	const char *rest = path + step->value[0];

	if (view && !view->made)
		view_make(root, view, step);
	if (!view || view->mount < 0) {
		errno = EINVAL;
		return -1;
	}
	while (*rest == '/')
		rest++;
	int tree = clone_below(view->mount, rest, step->flags);

	root->page->shared_inodes += tree >= 0 && view->shared;
	/* a clone has the flags of its mount: one system call less for each of a thousand files */
	if (step->flags & STEP_FLAG_STORED && !(step->flags & STEP_FLAG_NO_EXEC))
		return tree;
	/* a link among the directories of `rest` may have led out of the view, to a mount with other flags */
	return bind_restrict(tree, step->flags);
}
