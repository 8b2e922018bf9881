/*
 * System calls and constants that musl has no wrapper or no name for.
 */
#ifndef SANDBOX_SYS_H
#define SANDBOX_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE /* headers before Linux 6.2 */
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV /* before Linux 6.10 */
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ull << 15)
#endif

/* cleanup by scope, keeping errno for the caller's report */
static inline void close_fd(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}
#define autoclose __attribute__((cleanup(close_fd)))

static inline int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}

static inline int sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int sys_fsconfig(int fs, unsigned command, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fs, command, key, value, aux);
}

static inline int sys_fsmount(int fs, unsigned attributes)
{
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
}

/*
 * A ".." is not followed while anything is renamed or mounted anywhere on the machine (openat2(2), EAGAIN), and a busy
 * host of jobs mounts all the time. Whoever renames without end is refused in the end.
 */
#define MAX_RESOLUTIONS 1000

static inline int sys_openat2(int dir, const char *path, struct open_how *how)
{
	int fd = -1;

	for (int tried = 0; tried < MAX_RESOLUTIONS && fd < 0; tried++) {
		fd = (int)syscall(SYS_openat2, dir, path, how, sizeof *how);
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	return fd;
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline long sys_clone3(struct clone_args *args)
{
	return syscall(SYS_clone3, args, sizeof *args);
}

#endif
