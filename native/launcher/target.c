/*
 * Mount points and files below the new root. A job's writable bind may hold symbolic links that an
 * earlier job left as traps, so no component of a target is ever allowed to be one (openat2(2),
 * RESOLVE_NO_SYMLINKS), and nothing is created on a file system that was not made for this job.
 */
#include "target.h"

#include "sys.h"

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

int target_find(const struct root *root, const char *path)
{
	return open_beneath(root->mount, path, O_PATH);
}

/* As the job will resolve it, links included: they lead no further than its root (openat2(2), RESOLVE_IN_ROOT). */
int target_exists(const struct root *root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	autoclose int fd = sys_openat2(root->mount, path, &how);

	return fd >= 0 || errno != ENOENT;
}

static int is_own(const struct root *root, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return 0;
	for (int i = 0; i < root->own_count; i++)
		if (root->own[i] == status.st_dev)
			return 1;
	return 0;
}

int target_claim(struct root *root, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -1;
	if (root->own_count == OWN_DEVICES_MAX) {
		errno = E2BIG;
		return -1;
	}
	root->own[root->own_count++] = status.st_dev;
	return 0;
}

static int create(int dir, const char *name, mode_t type)
{
	return type == S_IFDIR ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0);
}

/* Opens the directory `name` in `dir`, making it first if it is missing and may be made. */
static int enter(const struct root *root, int dir, const char *name)
{
	int fd = open_beneath(dir, name, O_PATH);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (!is_own(root, dir)) {
		errno = EROFS; /* the user's tree: whether or not it is writable, it is not ours to change */
		return -1;
	}
	return mkdirat(dir, name, 0755) < 0 ? -1 : open_beneath(dir, name, O_PATH);
}

static int make_directories(const struct root *root, const char *path, size_t length)
{
	int dir = open_beneath(root->mount, ".", O_PATH);

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
		next = enter(root, dir, component);
		close_fd(&dir);
		dir = next;
		path += size;
	}
	return -1;
}

static int open_directory(const struct root *root, const char *path, size_t length)
{
	char directory[PATH_MAX];
	int fd;

	if (length >= sizeof directory) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(directory, path, length);
	directory[length] = 0;
	fd = open_beneath(root->mount, directory, O_PATH);
	return fd < 0 && errno == ENOENT ? make_directories(root, path, length) : fd;
}

/* The directory itself, made with all above it if it is missing and may be made. */
int target_directory(struct root *root, const char *path)
{
	return open_directory(root, path, strlen(path));
}

static void forget_parent(struct parent *parent)
{
	if (parent->path)
		close_fd(&parent->fd);
	parent->path = NULL;
}

static struct parent *parent_known(struct root *root, const char *path, size_t length)
{
	for (struct parent *known = root->parents; known < root->parents + PARENTS_MAX; known++)
		if (known->path && known->length == length && memcmp(known->path, path, length) == 0)
			return known;
	return NULL;
}

/*
 * The directory that holds the last component of `path`, made if missing; `*name` is that component. It
 * stays ours: targets come in groups with one parent, and the last ones are remembered. NULL with errno.
 */
struct parent *target_parent(struct root *root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	struct parent *parent = parent_known(root, path, length);
	int fd;

	*name = slash ? slash + 1 : path;
	if (parent)
		return parent;
	fd = open_directory(root, path, length);
	if (fd < 0)
		return NULL;
	parent = &root->parents[root->oldest_parent++ % PARENTS_MAX];
	forget_parent(parent);
	*parent = (struct parent){ .path = path, .length = length, .fd = fd, .own = is_own(root, fd) };
	return parent;
}

/* What was a parent may be covered now. */
static int attached(struct root *root, const char *path, int result)
{
	size_t length = strlen(path);

	for (struct parent *known = root->parents; known < root->parents + PARENTS_MAX; known++)
		if (known->path && known->length >= length && memcmp(known->path, path, length) == 0)
			forget_parent(known);
	return result;
}

/* Mounts `tree` over what `target` is open at, which is `path`. */
int target_cover(struct root *root, int tree, const char *path, int target)
{
	return attached(
		root, path,
		sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

/*
 * Mounts `tree` at `path`, which is there. The last component is looked up by name only where nobody but us can have put
 * it there; without MOVE_MOUNT_T_SYMLINKS it is not followed either (move_mount(2)).
 */
int target_mount(struct root *root, int tree, const struct parent *parent, const char *name, const char *path)
{
	if (!parent->own) {
		autoclose int target = target_find(root, path);

		if (target < 0) {
			errno = errno == ENOENT ? EROFS : errno;
			return -1;
		}
		return target_cover(root, tree, path, target);
	}
	return attached(root, path, sys_move_mount(tree, "", parent->fd, name, MOVE_MOUNT_F_EMPTY_PATH));
}

/*
 * A link in a layer (/tmp -> /var/tmp) is no mount point, and what it leads to is not what was asked for; no more is a file
 * a mount point for a directory (mount(2), ENOTDIR). A directory stays: there may be much in it.
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
int target_attach(struct root *root, int tree, const char *path, mode_t type)
{
	const char *name;
	const struct parent *parent = target_parent(root, path, &name);

	if (!parent || (parent->own && make_point(parent, name, type) < 0))
		return -1;
	return target_mount(root, tree, parent, name, path);
}
