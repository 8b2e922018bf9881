/*
 * Detached copies of trees, with the flags that they are to have.
 */
#include "bind.h"

#include "sys.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

uint64_t mount_attributes(uint32_t flags)
{
	return MOUNT_ATTR_NOSUID | (flags & STEP_FLAG_DEVICES ? 0 : MOUNT_ATTR_NODEV) |
	       (flags & STEP_FLAG_READ_ONLY ? MOUNT_ATTR_RDONLY : 0) |
	       (flags & STEP_FLAG_NO_EXEC ? MOUNT_ATTR_NOEXEC : 0);
}

int bind_restrict(int tree, uint32_t flags)
{
	struct mount_attr attr = { .attr_set = mount_attributes(flags) };

	if (tree >= 0 && sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0) {
		close_fd(&tree);
		return -1;
	}
	return tree;
}

/*
 * A detached copy of a host tree whose flags are in force before it appears anywhere. mount(MS_BIND)
 * ignores MS_RDONLY (mount(2), "Creating a bind mount") and a remount reaches only the top mount,
 * so submounts would stay writable (mount_setattr(2), Linux 5.12).
 */
int bind_open_one(const char *source, uint32_t flags)
{
	return bind_restrict(sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), flags);
}

int bind_open(const char *source, uint32_t flags)
{
	return bind_restrict(
		sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE), flags);
}

int bind_compare(const struct plan_step *step, int file)
{
	struct stat status;

	if (step->value[2] == 0)
		return 0;
	if (fstat(file, &status) < 0)
		return -1;
	if (status.st_ino == step->value[2] &&
	    status.st_dev == makedev(step->value[1] >> 32, step->value[1] & UINT32_MAX))
		return 0;
	errno = ESTALE; /* what was allowed is not what is there now */
	return -1;
}

/* Below the directory of a view that has to be a certain one: once compared, it is that one, and no link leads out of it. */
static int open_below(const char *path, const struct plan_step *step)
{
	const size_t length = (size_t)step->value[0];
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	const char *rest = path + length;
	char name[PATH_MAX];

	if (length >= sizeof name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, path, length);
	name[length] = 0;
	autoclose int directory = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0 || bind_compare(step, directory) < 0)
		return -1;
	while (*rest == '/')
		rest++;
	autoclose int source = sys_openat2(directory, *rest ? rest : ".", &how);

	if (source < 0)
		return -1;
	return bind_restrict(sys_open_tree(source, "",
					   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH),
			     step->flags);
}

int bind_open_source(const char *path, const struct plan_step *step)
{
	return step->flags & STEP_FLAG_OWN_INODES && step->value[2] ? open_below(path, step)
								    : bind_open(path, step->flags);
}
