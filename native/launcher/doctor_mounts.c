/* Mount probes: a new user and mount namespace each, gone with the child that made it. */
#define _GNU_SOURCE
#include "doctor_mounts.h"

#include "doctor_namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From linux/mount.h, which cannot be included together with sys/mount.h. */
enum {
	TREE_CLONE = 1,
	TREE_CLOEXEC = O_CLOEXEC,
	WHOLE_TREE = 0x8000, /* AT_RECURSIVE */
	FROM_EMPTY_PATH = 4, /* MOVE_MOUNT_F_EMPTY_PATH */
	ATTRIBUTE_RDONLY = 1,
	ATTRIBUTE_NOSUID = 2,
};

struct mount_attributes {
	uint64_t set, clear, propagation, userns_fd;
};

/* Go to a fresh tmpfs over any directory of the host; it is seen by this process alone. */
static int enter_tmpfs(int more)
{
	static const char *const places[] = { "/tmp", "/run", "/usr", "/etc" };
	struct stat found;

	if (enter_namespaces(CLONE_NEWNS | more) < 0)
		return -1;
	/* In a user namespace mounts arrive as slaves already; as real root they may be shared. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		if (stat(places[i], &found) < 0 || !S_ISDIR(found.st_mode))
			continue;
		if (mount("tmpfs", places[i], "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
			return -1;
		return chdir(places[i]);
	}
	errno = ENOENT;
	return -1;
}

int try_tmpfs(uint64_t *value)
{
	(void)value;
	return enter_tmpfs(0);
}

/* The kernel refuses a new procfs where part of the visible one is covered by mounts. */
int try_proc(uint64_t *value)
{
	pid_t child;
	int status;

	(void)value;
	if (enter_tmpfs(CLONE_NEWPID) < 0 || mkdir("proc", 0755) < 0)
		return -1;
	child = fork();
	if (child == 0)
		_exit(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? errno : 0);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return errno ? -1 : 0;
}

int try_read_only_bind(uint64_t *value)
{
	struct mount_attributes flags = { .set = ATTRIBUTE_RDONLY | ATTRIBUTE_NOSUID };
	struct statvfs bound;
	int tree;

	(void)value;
	if (enter_tmpfs(0) < 0 || mkdir("bind", 0755) < 0)
		return -1;
	tree = (int)syscall(CALL_OPEN_TREE, AT_FDCWD, "/usr", TREE_CLONE | TREE_CLOEXEC | WHOLE_TREE);
	if (tree < 0)
		return -1;
	if (syscall(CALL_MOUNT_SETATTR, tree, "", AT_EMPTY_PATH | WHOLE_TREE, &flags, sizeof flags) < 0)
		return -1;
	if (syscall(CALL_MOVE_MOUNT, tree, "", AT_FDCWD, "bind", FROM_EMPTY_PATH) < 0)
		return -1;
	/* access(2) would answer EACCES for a directory of an unmapped owner, whatever the mount. */
	if (statvfs("bind", &bound) < 0)
		return -1;
	errno = EIO;
	return bound.f_flag & ST_RDONLY ? 0 : -1;
}

int try_pivot_root(uint64_t *value)
{
	(void)value;
	if (enter_tmpfs(0) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	/* pivot_root(2), "pivot_root(".", ".")": the old root now covers the new one. */
	return umount2(".", MNT_DETACH);
}

int try_overlay(uint64_t *value)
{
	(void)value;
	if (enter_tmpfs(0) < 0 || mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 ||
	    mkdir("merged", 0755) < 0)
		return -1;
	return mount("overlay", "merged", "overlay", MS_NOSUID | MS_NODEV,
		     "lowerdir=/usr,upperdir=upper,workdir=work,userxattr");
}

/*
 * What a package manager or a compiler does: a new directory that gets its name when it is complete. Overlayfs has to mark it as
 * opaque for that, in an attribute that tmpfs has since Linux 6.6 (EXDEV before; ovl_rename, fs/overlayfs/dir.c).
 */
int try_overlay_directories(uint64_t *value)
{
	if (try_overlay(value) < 0 || mkdir("merged/made", 0755) < 0)
		return -1;
	return rename("merged/made", "merged/renamed");
}
