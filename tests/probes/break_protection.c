/*
 * Tries every way to change a file and a directory that whoever started it has protected: both are its own by their owner, in a
 * directory where it may make files. Each argument is a path. Says which ways worked, and at last that it is done.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

static void told(const char *way, const char *path, int worked)
{
	if (worked)
		printf("%s worked on %s\n", way, path);
}

static void open_it(const char *way, const char *path, const char *real)
{
	static const int how[] = { O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_WRONLY | O_TRUNC, O_WRONLY | O_CREAT, O_RDONLY | O_TRUNC };

	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		int fd = open(path, how[i] | O_CLOEXEC, 0777);

		told(way, real, fd >= 0);
		if (fd >= 0)
			close(fd);
	}
}

/* By other names than its own. */
static void by_names(const char *path)
{
	static const char *const ways[] = { "/proc/self/root", "/proc/thread-self/root", "/proc/self/cwd/../../../../../..", "//", "/./" };
	char other[4096];

	open_it("open", path, path);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		snprintf(other, sizeof other, "%s%s", ways[i], path);
		open_it(ways[i], other, path);
	}
	for (int flags = 0; flags < 2; flags++) {
		int fd = open(path, (flags ? O_PATH : O_RDONLY) | O_CLOEXEC);

		snprintf(other, sizeof other, "/proc/self/fd/%d", fd);
		open_it(flags ? "a path that is open" : "a descriptor that reads", other, path);
		told("chmod by a descriptor", path, chmod(other, 0777) == 0);
		told("fchmod", path, fchmod(fd, 0777) == 0);
		told("fchown", path, fchown(fd, getuid(), getgid()) == 0);
		told("ftruncate", path, ftruncate(fd, 0) == 0);
		told("fallocate", path, fallocate(fd, 0, 0, 1) == 0);
		told("futimens", path, futimens(fd, NULL) == 0);
		told("fsetxattr", path, fsetxattr(fd, "user.x", "x", 1, 0) == 0);
		told("FS_IOC_SETFLAGS", path, ioctl(fd, FS_IOC_SETFLAGS, &(int){ FS_NOATIME_FL }) == 0);
		told("mmap", path, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
		told("linkat of a descriptor", path, linkat(AT_FDCWD, other, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW) == 0);
		told("linkat of an empty path", path, linkat(fd, "", AT_FDCWD, "linked-empty", AT_EMPTY_PATH) == 0);
		if (fd >= 0)
			close(fd);
	}
}

static void by_the_directory(const char *path)
{
	int mine = open("mine", O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

	if (mine >= 0)
		close(mine);
	told("chmod", path, chmod(path, 0777) == 0);
	told("chown", path, chown(path, getuid(), getgid()) == 0);
	told("lchown", path, lchown(path, getuid(), getgid()) == 0);
	told("truncate", path, truncate(path, 0) == 0);
	told("utimensat", path, utimensat(AT_FDCWD, path, NULL, 0) == 0);
	told("setxattr", path, setxattr(path, "user.x", "x", 1, 0) == 0);
	told("removexattr", path, removexattr(path, "user.x") == 0);
	told("link", path, link(path, "hard") == 0);
	told("rename", path, rename(path, "away") == 0);
	told("rename over it", path, rename("mine", path) == 0);
	told("RENAME_EXCHANGE", path, syscall(SYS_renameat2, AT_FDCWD, "mine", AT_FDCWD, path, 2) == 0);
	told("unlink", path, unlink(path) == 0);
	told("rmdir", path, rmdir(path) == 0);
	told("symlink over it", path, symlink("mine", path) == 0);
	told("mkdir over it", path, mkdir(path, 0777) == 0);
	told("mkfifo over it", path, mkfifo(path, 0777) == 0);
}

static void by_mounts(const char *path)
{
	told("umount", path, umount2(path, 0) == 0);
	told("umount, detached", path, umount2(path, MNT_DETACH) == 0);
	told("a writable remount", path, mount("none", path, NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
	told("a bind elsewhere", path, mount(path, "/tmp", NULL, MS_BIND | MS_REC, NULL) == 0);
	told("open_tree", path, syscall(SYS_open_tree, AT_FDCWD, path, 1) >= 0);
	told("mount_setattr", path, syscall(SYS_mount_setattr, AT_FDCWD, path, 0, (uint64_t[4]){ 0, 1 }, 32) == 0);
	told("move_mount", path, syscall(SYS_move_mount, AT_FDCWD, path, AT_FDCWD, "mine", 0) == 0);
	told("a user namespace", path, unshare(CLONE_NEWUSER) == 0);
	told("a mount namespace", path, unshare(CLONE_NEWNS) == 0);
	told("chroot", path, chroot("/proc/1/root") == 0);
	told("the root of pid 1", path, open("/proc/1/root", O_RDONLY | O_CLOEXEC) >= 0);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		by_names(argv[i]);
		by_the_directory(argv[i]);
		by_mounts(argv[i]);
	}
	puts("done");
	return 0;
}
