/*
 * Tries every way to change, move, remove or replace a file, and after each looks whether the path still
 * shows what it showed. The second argument is a directory of the same mount to move things to.
 */
#include "probe.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>

static const char *path, *directory;
static char before[1 << 16];
static ssize_t before_length;
static mode_t before_mode;

static void check(const char *what)
{
	static char now[sizeof before];
	struct stat status;
	int file = open(path, O_RDONLY);
	ssize_t length = file < 0 ? -1 : read(file, now, sizeof now);

	if (length != before_length || memcmp(now, before, (size_t)length) != 0)
		escaped("%s changed the content", what);
	if (fstat(file, &status) < 0 || status.st_mode != before_mode)
		escaped("%s changed the mode", what);
	close(file);
}

static void refused(long result, const char *what)
{
	if (result >= 0)
		escaped("%s succeeded", what);
	check(what);
}

/* A new place for whatever may be moved. */
static const char *elsewhere(void)
{
	static char name[4096];
	static int count;

	snprintf(name, sizeof name, "%s/elsewhere%d", directory, count++);
	return name;
}

static int new_file(const char *name)
{
	int file = open(name, O_CREAT | O_WRONLY, 0666);

	return file < 0 || write(file, "another", 7) < 0 ? -1 : file;
}

static void open_for_writing(const char *name)
{
	static const int flags[] = { O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND,
				     O_RDWR | O_CREAT };

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		refused(open(name, flags[i], 0666), "open for writing");
}

static void through_descriptor(void)
{
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	char again[64];
	int file = open(path, O_RDONLY);
	int attributes = 0;

	if (file < 0)
		broken("open");
	snprintf(again, sizeof again, "/proc/self/fd/%d", file);
	open_for_writing(again);
	refused(fchmod(file, 0777), "fchmod");
	refused(fchown(file, getuid(), getgid()), "fchown");
	refused(ftruncate(file, 0), "ftruncate");
	refused(futimens(file, times), "futimens");
	refused(fsetxattr(file, "user.mark", "1", 1, 0), "fsetxattr");
	refused(ioctl(file, FS_IOC_SETFLAGS, &attributes), "FS_IOC_SETFLAGS");
	refused(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), "fallocate");
	refused(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED ? -1 : 0,
		"a writable mapping");
	void *mapping = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);

	if (mapping != MAP_FAILED)
		refused(mprotect(mapping, 4096, PROT_READ | PROT_WRITE), "mprotect of a mapping");
	close(file);
}

static void by_name(void)
{
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	const char *other = elsewhere();

	open_for_writing(path);
	refused(truncate(path, 0), "truncate");
	refused(chmod(path, 0777), "chmod");
	refused(chown(path, getuid(), getgid()), "chown");
	refused(utimensat(AT_FDCWD, path, times, 0), "utimensat");
	refused(setxattr(path, "user.mark", "1", 1, 0), "setxattr");
	refused(unlink(path), "unlink");
	refused(rmdir(path), "rmdir");
	refused(rename(path, elsewhere()), "rename away");
	refused(link(path, elsewhere()), "link");
	if (new_file(other) < 0)
		return; /* nothing may be written here at all */
	refused(rename(other, path), "rename over it");
	refused(syscall(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, path, 2 /* RENAME_EXCHANGE */), "exchange");
	refused(link(other, path), "link over it");
	refused(symlink(other, path), "symlink over it");
	refused(mknod(path, S_IFREG | 0666, 0), "mknod over it");
}

static void by_mounting(void)
{
	refused(mount("tmpfs", path, "tmpfs", 0, NULL), "mount");
	refused(mount(directory, path, NULL, MS_BIND, NULL), "bind");
	refused(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL), "remount writable");
	refused(umount2(path, MNT_DETACH), "unmount");
	refused(syscall(SYS_open_tree, AT_FDCWD, path, 1), "open_tree");
	refused(unshare(CLONE_NEWNS), "unshare");
	refused(unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare with a user namespace");
	refused(chroot(directory), "chroot");
}

/* Every directory above it, from the nearest on: moved along, it would make room for another of its name. */
static void by_its_directories(void)
{
	char above[4096];

	snprintf(above, sizeof above, "%s", path);
	for (char *slash; (slash = strrchr(above, '/')) && slash != above;) {
		const char *other = elsewhere();

		*slash = 0;
		refused(rename(above, elsewhere()), "rename of a directory above");
		refused(rmdir(above), "rmdir of a directory above");
		if (mkdir(other, 0777) == 0)
			refused(syscall(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, above, 2),
				"exchange of a directory above");
	}
}

int main(int argc, char **argv)
{
	struct stat status;
	int file;

	path = argument(argc, argv, 1);
	directory = argument(argc, argv, 2);
	file = open(path, O_RDONLY);
	before_length = file < 0 ? -1 : read(file, before, sizeof before);
	if (before_length < 0 || fstat(file, &status) < 0)
		broken("read");
	before_mode = status.st_mode;
	close(file);
	through_descriptor();
	by_name();
	by_mounting();
	by_its_directories();
	puts("denied");
	return 0;
}
