/*
 * Mount points and files below the new root. A job's writable bind may hold symbolic links that an
 * earlier job left as traps, so no component of a target is ever allowed to be one (openat2(2),
 * RESOLVE_NO_SYMLINKS), and nothing is created on a file system that was not made for this job.
 */
#include "job.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static int open_beneath(int dir, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	while (*path == '/')
		path++;
	return sys_openat2(dir, *path ? path : ".", &how);
}

int target_find(const struct job *job, const char *path)
{
	return open_beneath(job->root, path, O_PATH);
}

int target_is_own(const struct job *job, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return 0;
	for (int i = 0; i < job->own_count; i++)
		if (job->own[i] == status.st_dev)
			return 1;
	return 0;
}

int target_claim(struct job *job, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	if (job->own_count == OWN_DEVICES_MAX) {
		errno = E2BIG;
		return -1;
	}
	job->own[job->own_count++] = status.st_dev;
	return 0;
}

static int create(const struct job *job, int dir, const char *name, mode_t type)
{
	if (!target_is_own(job, dir)) {
		errno = EROFS; /* the user's tree: whether or not it is writable, it is not ours to change */
		return -1;
	}
	return type == S_IFDIR ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0);
}

/* Opens `name` in `dir`, making it first if it is missing and may be made. */
static int enter(const struct job *job, int dir, const char *name, mode_t type)
{
	int fd = open_beneath(dir, name, O_PATH);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (create(job, dir, name, type) < 0)
		return -1;
	return open_beneath(dir, name, O_PATH);
}

/* The folder that holds the last component of `path`, made if missing; `*name` is that component. */
int target_parent(const struct job *job, const char *path, const char **name)
{
	int dir = open_beneath(job->root, ".", O_PATH);

	while (dir >= 0) {
		char component[NAME_MAX + 1];
		size_t length;
		int next;

		while (*path == '/')
			path++;
		length = strcspn(path, "/");
		if (path[length] == 0) {
			*name = path;
			return dir;
		}
		if (length > NAME_MAX) {
			close(dir);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(component, path, length);
		component[length] = 0;
		next = enter(job, dir, component, S_IFDIR);
		close_fd(&dir);
		dir = next;
		path += length;
	}
	return -1;
}

/* The mount point at `path`, of the type of what will be mounted on it. */
int target_make(const struct job *job, const char *path, mode_t type)
{
	int fd = target_find(job, path);
	const char *name;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	autoclose int parent = target_parent(job, path, &name);

	return parent < 0 ? -1 : enter(job, parent, name, type);
}
