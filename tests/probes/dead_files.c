/*
 * A file server that answers about names and nothing else, for ever: what an NFS server looks like that has gone away. It mounts
 * itself in a user and mount namespace of its own and executes the rest of its arguments there.
 *
 * Usage: dead_files DIRECTORY WHAT [PROGRAM ARGUMENT…]. WHAT is what it does not answer: lookup, getattr, open, read, readdir, statfs. In the
 * directory is every name: "directory" is a directory, anything else a file of 5 bytes. The server is a child, and dies with the program.
 * FUSE_DEVICE in its environment is used in place of /dev/fuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 5

static const char *silent;

static void fail(const char *what)
{
	perror(what);
	exit(99);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail(path);
	close(fd);
}

static void enter_namespaces(void)
{
	char map[40];
	unsigned uid = getuid(), gid = getgid();

	/* real root needs none, and its namespace may map other ids; but its mounts stay here too */
	if (uid == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			fail("unshare");
	} else {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			fail("unshare");
		put("/proc/self/setgroups", "deny");
		snprintf(map, sizeof map, "%u %u 1", uid, uid);
		put("/proc/self/uid_map", map);
		snprintf(map, sizeof map, "%u %u 1", gid, gid);
		put("/proc/self/gid_map", map);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail("private mounts");
}

static void answer(int fd, const struct fuse_in_header *in, int error, const void *body, size_t size)
{
	char buffer[4096];
	struct fuse_out_header *out = (struct fuse_out_header *)buffer;

	*out = (struct fuse_out_header){ .len = (uint32_t)(sizeof *out + size), .error = -error, .unique = in->unique };
	memcpy(buffer + sizeof *out, body, size);
	if (write(fd, buffer, out->len) < 0 && errno != ENOENT)
		exit(98);
}

/* Node 1 is the mounted directory, 2 every directory in it, 3 every file. */
static void attributes(struct fuse_attr *attr, uint64_t node)
{
	*attr = (struct fuse_attr){ .ino = node, .size = node == 3 ? SIZE : 0, .nlink = 1, .uid = getuid(), .gid = getgid(),
				    .mode = node == 3 ? S_IFREG | 0644 : S_IFDIR | 0755 };
}

static void serve_one(int fd, const struct fuse_in_header *in, const char *body)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096, .max_readahead = 4096 };
	struct fuse_entry_out entry = { .nodeid = strcmp(body, "directory") == 0 ? 2 : 3, .generation = 1 };
	struct fuse_attr_out attr = { 0 };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
	struct fuse_statfs_out statfs = { .st = { .bsize = 4096, .namelen = 255 } };

	switch (in->opcode) {
	case FUSE_INIT:
		answer(fd, in, 0, &init, sizeof init);
		return;
	case FUSE_LOOKUP:
		attributes(&entry.attr, entry.nodeid);
		if (strcmp(silent, "lookup") != 0)
			answer(fd, in, 0, &entry, sizeof entry);
		return;
	case FUSE_GETATTR:
		attributes(&attr.attr, in->nodeid);
		if (strcmp(silent, "getattr") != 0)
			answer(fd, in, 0, &attr, sizeof attr);
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		if (strcmp(silent, "open") != 0)
			answer(fd, in, 0, &opened, sizeof opened);
		return;
	case FUSE_READ:
	case FUSE_READDIR:
		if (strcmp(silent, in->opcode == FUSE_READ ? "read" : "readdir") != 0)
			answer(fd, in, 0, "12345", in->opcode == FUSE_READ ? SIZE : 0);
		return;
	case FUSE_STATFS:
		if (strcmp(silent, "statfs") != 0)
			answer(fd, in, 0, &statfs, sizeof statfs);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		answer(fd, in, 0, "", 0);
		return;
	default:
		answer(fd, in, ENOSYS, "", 0);
	}
}

static void serve(int fd)
{
	char request[1 << 16];
	ssize_t size;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((size = read(fd, request, sizeof request - 1)) > 0 || errno == EINTR || errno == ENOENT) {
		if (size < (ssize_t)sizeof(struct fuse_in_header))
			continue;
		request[size] = 0;
		serve_one(fd, (struct fuse_in_header *)request, request + sizeof(struct fuse_in_header));
	}
	exit(0);
}

int main(int argc, char **argv)
{
	char options[120];
	int fd, status;
	pid_t server, program;
	const char *device = getenv("FUSE_DEVICE");

	if (argc < 4)
		return 99;
	silent = argv[2];
	enter_namespaces();
	fd = open(device ? device : "/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail("/dev/fuse");
	snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=%u,group_id=%u,allow_other,default_permissions", fd,
		 getuid(), getgid());
	if (mount("dead", argv[1], "fuse.dead", MS_NOSUID | MS_NODEV, options) < 0)
		fail("mount");
	server = fork();
	if (server == 0)
		serve(fd);
	close(fd);
	program = fork();
	if (program == 0) {
		execv(argv[3], argv + 3);
		fail(argv[3]);
	}
	if (program < 0 || waitpid(program, &status, 0) < 0)
		fail("wait");
	/* what still waits for an answer goes with the server: the kernel ends the connection */
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
