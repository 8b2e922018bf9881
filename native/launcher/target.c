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

/* As the job will resolve it, links included: they lead no further than its root (openat2(2), RESOLVE_IN_ROOT). */
int target_exists(const struct job *job, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	autoclose int fd = sys_openat2(job->root, path, &how);

	return fd >= 0 || errno != ENOENT;
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

static int create(int dir, const char *name, mode_t type)
{
	return type == S_IFDIR ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0);
}

/* Opens the folder `name` in `dir`, making it first if it is missing and may be made. */
static int enter(const struct job *job, int dir, const char *name)
{
	int fd = open_beneath(dir, name, O_PATH);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (!target_is_own(job, dir)) {
		errno = EROFS; /* the user's tree: whether or not it is writable, it is not ours to change */
		return -1;
	}
	return mkdirat(dir, name, 0755) < 0 ? -1 : open_beneath(dir, name, O_PATH);
}

static int make_folders(const struct job *job, const char *path, size_t length)
{
	int dir = open_beneath(job->root, ".", O_PATH);

	for (const char *end = path + length; dir >= 0;) {
		char component[NAME_MAX + 1];
		size_t size;
		int next;

		while (path < end && *path == '/')
			path++;
		if (path == end)
			return dir;
		size = strcspn(path, "/");
		if (size > NAME_MAX) {
			close(dir);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(component, path, size);
		component[size] = 0;
		next = enter(job, dir, component);
		close_fd(&dir);
		dir = next;
		path += size;
	}
	return -1;
}

static int open_folder(const struct job *job, const char *path, size_t length)
{
	char folder[PATH_MAX];
	int fd;

	if (length >= sizeof folder) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(folder, path, length);
	folder[length] = 0;
	fd = open_beneath(job->root, folder, O_PATH);
	return fd < 0 && errno == ENOENT ? make_folders(job, path, length) : fd;
}

/* The folder itself, made with all above it if it is missing and may be made. */
int target_folder(struct job *job, const char *path)
{
	return open_folder(job, path, strlen(path));
}

static void forget_parent(struct parent *parent)
{
	if (parent->path)
		close_fd(&parent->fd);
	parent->path = NULL;
}

static struct parent *parent_known(struct job *job, const char *path, size_t length)
{
	for (struct parent *known = job->parents; known < job->parents + PARENTS_MAX; known++)
		if (known->path && known->length == length && memcmp(known->path, path, length) == 0)
			return known;
	return NULL;
}

/*
 * The folder that holds the last component of `path`, made if missing; `*name` is that component. It
 * stays ours: targets come in groups with one parent, and the last ones are remembered. NULL with errno.
 */
struct parent *target_parent(struct job *job, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	struct parent *parent = parent_known(job, path, length);
	int fd;

	*name = slash ? slash + 1 : path;
	if (parent)
		return parent;
	fd = open_folder(job, path, length);
	if (fd < 0)
		return NULL;
	parent = &job->parents[job->oldest_parent++ % PARENTS_MAX];
	forget_parent(parent);
	*parent = (struct parent){ .path = path, .length = length, .fd = fd, .own = target_is_own(job, fd) };
	return parent;
}

/* What was a parent may be covered now. */
static int attached(struct job *job, const char *path, int result)
{
	size_t length = strlen(path);

	for (struct parent *known = job->parents; known < job->parents + PARENTS_MAX; known++)
		if (known->path && known->length >= length && memcmp(known->path, path, length) == 0)
			forget_parent(known);
	return result;
}

/* Mounts `tree` over what `target` is open at, which is `path`. */
int target_cover(struct job *job, int tree, const char *path, int target)
{
	return attached(
		job, path,
		sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

/*
 * Mounts `tree` at `path`, which is there. The last component is looked up by name only where nobody but us can have put
 * it there; without MOVE_MOUNT_T_SYMLINKS it is not followed either (move_mount(2)).
 */
int target_mount(struct job *job, int tree, const struct parent *parent, const char *name, const char *path)
{
	if (!parent->own) {
		autoclose int target = target_find(job, path);

		if (target < 0) {
			errno = errno == ENOENT ? EROFS : errno;
			return -1;
		}
		return target_cover(job, tree, path, target);
	}
	return attached(job, path, sys_move_mount(tree, "", parent->fd, name, MOVE_MOUNT_F_EMPTY_PATH));
}

/*
 * A link in a layer (/tmp -> /var/tmp) is no mount point, and what it leads to is not what was asked for; no more is a file
 * a mount point for a folder (mount(2), ENOTDIR). A folder stays: there may be much in it.
 */
static int make_point(const struct parent *parent, const char *name, mode_t type)
{
	struct stat status;

	if (create(parent->fd, name, type) == 0)
		return 0;
	if (errno != EEXIST || fstatat(parent->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISLNK(status.st_mode) && (type != S_IFDIR || S_ISDIR(status.st_mode)))
		return 0;
	return unlinkat(parent->fd, name, 0) < 0 ? -1 : create(parent->fd, name, type);
}

/* The same, on a mount point of its type that is made if it is missing. */
int target_attach(struct job *job, int tree, const char *path, mode_t type)
{
	const char *name;
	const struct parent *parent = target_parent(job, path, &name);

	if (!parent || (parent->own && make_point(parent, name, type) < 0))
		return -1;
	return target_mount(job, tree, parent, name, path);
}
