/*
 * Files put into the root before the job starts. They belong to the job; what they replace does not,
 * so an existing file of the host is covered by a mount and never written to.
 */
#include "job.h"

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

static int write_new(struct job *job, int dir, const char *name, const struct plan_step *step)
{
	/* the mode is taken as it is: pid 1 has no umask */
	autoclose int file = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				    (mode_t)step->value[0]);

	if (file < 0 || ranges_give(job, file, "") < 0)
		return -1;
	if (step->fd >= 0)
		return copy_all(file, job->extra[step->fd]);
	return write_all(file, job->plan.blob + step->value[1], step->value[2]);
}

/* Writes the file where the job cannot see it and mounts it over `target`. */
static int cover(struct job *job, int target, const struct plan_step *step)
{
	char name[24];

	snprintf(name, sizeof name, "file%d", job->hidden_files++);
	if (write_new(job, job->scratch, name, step) < 0)
		return -1;
	autoclose int tree = sys_open_tree(job->scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return -1;
	return sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int step_file(struct job *job, const struct plan_step *step)
{
	const char *path = plan_text(&job->plan, step->b);
	const char *name;
	int parent = target_parent(job, path, &name);

	if (parent < 0)
		return -1;
	if (job->parent.own) {
		if (write_new(job, parent, name, step) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
		if (unlinkat(parent, name, 0) == 0)
			return write_new(job, parent, name, step);
		if (errno != EBUSY) /* EBUSY: something is mounted there, and is covered like a host's file */
			return -1;
	}
	autoclose int target = target_find(job, path);
	struct stat status;

	if (target < 0 || fstat(target, &status) < 0) {
		errno = errno == ENOENT ? EROFS : errno;
		return -1;
	}
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	return cover(job, target, step);
}

/*
 * A working folder in a root that will be read-only by the time the job could make it. Where something
 * is in the way, it is the job's own step into the folder that says so.
 */
int step_directory(struct job *job, const struct plan_step *step)
{
	const char *path = plan_text(&job->plan, step->b);
	const char *name;
	int parent;

	if (target_exists(job, path))
		return 0;
	parent = target_parent(job, path, &name);
	if (parent < 0 || !job->parent.own)
		return 0;
	return mkdirat(parent, name, (mode_t)step->value[0]) < 0 ? -1 : ranges_give(job, parent, name);
}
