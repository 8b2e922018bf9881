/*
 * What a program expects of a system: /dev, /proc, a host name, a loopback device, and the sysctls
 * that keep it from having more.
 */
#include "steps_system.h"

#include "bind.h"
#include "file.h"
#include "sys.h"
#include "target.h"

#include <limits.h>
#include <linux/if.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* mknod of a device is refused in a user namespace (user_namespaces(7)); the host's nodes are bound. */
static int bind_node(int dev, const char *name)
{
	char source[32];

	snprintf(source, sizeof source, "/dev/%s", name);
	autoclose int tree = bind_open(source, STEP_FLAG_DEVICES | STEP_FLAG_NO_EXEC);

	if (tree < 0 || mknodat(dev, name, S_IFREG | 0666, 0) < 0)
		return -1;
	return sys_move_mount(tree, "", dev, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* All instances but the host's own share a pool of some 3000 (kernel.pty.max less kernel.pty.reserve): one job leaves enough for others. */
#define MOST_TERMINALS "64"

/* Its own instance: no terminal of the host or of another job can be opened through it (devpts, ptmx). */
static int mount_pts(struct root *root, int dev)
{
	autoclose int fs = sys_fsopen("devpts");

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "ptmxmode", "0666", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0620", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "max", MOST_TERMINALS, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	root->pts = sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	return root->pts < 0 ? -1 : sys_move_mount(root->pts, "", dev, "pts", MOVE_MOUNT_F_EMPTY_PATH);
}

static int open_devices(struct root *root)
{
	const char *name;
	const struct parent *parent = target_parent(root, "/dev/null", &name);

	return parent ? parent->fd : -1;
}

int devices_make(struct root *root)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	static const char *const links[][2] = {
		{ "/proc/self/fd", "fd" },	 { "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
		{ "pts/ptmx", "ptmx" },
	};
	const int dev = open_devices(root);

	if (dev < 0)
		return -1;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (bind_node(dev, nodes[i]) < 0)
			return -1;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0)
			return -1;
	return mkdirat(dev, "pts", 0755);
}

int devices_finish(struct root *root)
{
	const int dev = open_devices(root);

	if (dev < 0)
		return -1;
	root->null = openat(dev, "null", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return root->null < 0 ? -1 : mount_pts(root, dev);
}

int step_devices(struct root *root, const struct plan_step *step)
{
	(void)step;
	return devices_make(root) < 0 ? -1 : devices_finish(root);
}

static int proc_new(int pid_only)
{
	autoclose int fs = sys_fsopen("proc");

	if (fs < 0 || (pid_only && sys_fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) < 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* A full procfs stays open beside the one the job sees: maps, sysctls and the watchdog need it. */
int step_proc(struct root *root, const struct plan_step *step)
{
	root->proc = proc_new(0);
	if (root->proc < 0)
		return -1;
	/* opened before a mask can be mounted over it */
	root->sysctls = openat(root->proc, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!(step->flags & STEP_FLAG_PID_ONLY))
		return target_attach(root, root->proc, "/proc", S_IFDIR);
	autoclose int visible = proc_new(1);

	return visible < 0 ? -1 : target_attach(root, visible, "/proc", S_IFDIR);
}

/*
 * Of a sysfs, what is below class/net is that of the network namespace it is mounted in, and the rest is the host's: a part of it is attached and the
 * whole is taken away. Nothing can be cloned out of what is attached nowhere (open_tree(2), before Linux 6.15).
 */
int step_sysfs(struct root *root, const struct plan_step *step)
{
	const uint64_t inert = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	autoclose int fs = sys_fsopen("sysfs");
	autoclose int whole = fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? -1 : sys_fsmount(fs, (unsigned)inert);

	if (whole < 0 || target_attach(root, whole, plan_text(root->plan, step->b), S_IFDIR) < 0)
		return -1;
	autoclose int part = sys_open_tree(whole, plan_text(root->plan, step->a), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (part < 0 || fchdir(whole) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -1;
	return target_attach(root, part, plan_text(root->plan, step->b), S_IFDIR);
}

static int mask_directory(const struct root *root, int target)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC };
	autoclose int tree = sys_open_tree(root->scratch, "empty", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) < 0)
		return -1;
	return sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int mask_read_only(int target)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
	autoclose int tree =
		sys_open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		return -1;
	return sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int mask_file(int target)
{
	autoclose int tree =
		bind_open("/dev/null", STEP_FLAG_DEVICES | STEP_FLAG_NO_EXEC | STEP_FLAG_READ_ONLY);

	return tree < 0 ? -1
			: sys_move_mount(tree, "", target, "",
					 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/*
 * A directory that the job's id may not search keeps everybody out of what is below until somebody changes its mode: it is
 * hidden instead, and `*cut` set. Never more than the mount that shows it.
 */
static int find_to_hide(const struct root *root, const struct plan_step *step, int *cut)
{
	const char *whole = plan_text(root->plan, step->b);
	char path[PATH_MAX];
	char *slash;
	int fd;

	if (strlen(whole) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path, whole);
	while ((fd = target_find(root, path)) < 0 && errno == EACCES && step->value[1] != 0) {
		slash = strrchr(path, '/');
		if (!slash || slash == path || (uint64_t)(slash - path) < step->value[2])
			return -1;
		*slash = 0;
		*cut = 1;
	}
	return fd;
}

/*
 * Another directory in its place would be hidden in vain: what was to be hidden has another name then (rename(2)). An overlay
 * of the job's own has inodes of its own, and through it no socket answers.
 */
static int is_as_planned(int target, const struct plan_step *step)
{
	struct statfs file_system;
	struct stat status;

	if (fstat(target, &status) < 0 || fstatfs(target, &file_system) < 0)
		return 0;
	return file_system.f_type == OVERLAYFS_SUPER_MAGIC ||
	       (status.st_dev == makedev(step->value[0] >> 32, step->value[0] & UINT32_MAX) &&
		status.st_ino == step->value[1]);
}

int step_mask(struct root *root, const struct plan_step *step)
{
	int cut = 0;
	autoclose int target = find_to_hide(root, step, &cut);
	struct stat status;

	if (target < 0) /* a file this kernel does not have needs no mask */
		return errno == ENOENT && step->value[1] == 0 ? 0 : -1;
	if (step->value[1] != 0 && !cut && !is_as_planned(target, step)) {
		errno = ESTALE;
		return -1;
	}
	if (step->flags & STEP_FLAG_READ_ONLY)
		return mask_read_only(target);
	if (fstat(target, &status) < 0)
		return -1;
	return S_ISDIR(status.st_mode) ? mask_directory(root, target) : mask_file(target);
}

int step_hostname(struct root *root, const struct plan_step *step)
{
	const char *name = plan_text(root->plan, step->a), *domain = plan_text(root->plan, step->b);

	/* the NIS domain name is the host's until it is set (uname(2), domainname) */
	return sethostname(name, strlen(name)) < 0 ? -1 : setdomainname(domain, strlen(domain));
}

int step_loopback(struct root *root, const struct plan_step *step)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	autoclose int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)root;
	(void)step;
	return socket_fd < 0 ? -1 : ioctl(socket_fd, SIOCSIFFLAGS, &request);
}

int step_lookups(struct root *root, const struct plan_step *step)
{
	return lookups_begin(&root->lookups, (step->flags & STEP_FLAG_ON_DEMAND) != 0);
}

int step_sysctl(struct root *root, const struct plan_step *step)
{
	if (root->sysctls >= 0 &&
	    write_file(root->sysctls, plan_text(root->plan, step->a), plan_text(root->plan, step->b)) == 0)
		return 0;
	if (!(step->flags & STEP_FLAG_OPTIONAL))
		return -1;
	root_skip(root);
	return 0;
}
