/*
 * Detached copies of trees, with the flags that they are to have.
 */
#include "bind.h"

#include "sys.h"

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
