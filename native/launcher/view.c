/*
 * A host folder through an overlay without an upper side: the same bytes and the same page cache, but
 * inodes of this job's own. File locks (flock(2), fcntl(2)) and watches (inotify(7)) hang on inodes,
 * so two jobs that both lock /usr/bin/env would otherwise see, and could signal to, each other.
 */
#include "job.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int mount_view(struct job *job, int lower)
{
	autoclose int empty = openat(job->scratch, "empty", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int fs = sys_fsopen("overlay");
	char folders[64], name[16];

	/* overlayfs asks for two lower folders where there is no upper one */
	snprintf(folders, sizeof folders, "/proc/self/fd/%d:/proc/self/fd/%d", lower, empty);
	snprintf(name, sizeof name, "view%d", job->view_count);
	if (empty < 0 || fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", folders, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 || mkdirat(job->scratch, name, 0755) < 0)
		return -1;
	int mount = sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY);

	/* attached below the scratch, because only attached mounts can be cloned from; it leaves with the old root */
	if (mount >= 0 && sys_move_mount(mount, "", job->scratch, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		close_fd(&mount), mount = -1;
	return mount;
}

/*
 * Overlayfs does not cross mounts and refuses a folder with mounts below it (EINVAL): a container's
 * /etc, or a /usr in parts. Those are bound as they are, and the result says so.
 */
static const struct view *view_find(struct job *job, const char *path, size_t length)
{
	struct view *view = job->views;
	char folder[PATH_MAX];

	for (; view < job->views + job->view_count; view++)
		if (view->length == length && memcmp(view->path, path, length) == 0)
			return view;
	if (job->view_count == VIEWS_MAX || length >= sizeof folder)
		return NULL;
	memcpy(folder, path, length);
	folder[length] = 0;
	autoclose int lower = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	*view = (struct view){ .path = path,
			       .length = length,
			       .mount = lower < 0 ? -1 : mount_view(job, lower) };
	job->view_count++;
	return view;
}

int view_open(struct job *job, const struct plan_step *step)
{
	const char *path = plan_text(&job->plan, step->a);
	const struct view *view = view_find(job, path, (size_t)step->value[0]);
	const char *rest = path + step->value[0];
	const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;

	if (!view || view->mount < 0) {
		errno = EINVAL;
		return -1;
	}
	while (*rest == '/')
		rest++;
	int tree = sys_open_tree(view->mount, rest, *rest ? flags : flags | AT_EMPTY_PATH);

	/* a link among the folders of `rest` may have led out of the view, to a mount with other flags */
	return bind_restrict(tree, step->flags);
}
