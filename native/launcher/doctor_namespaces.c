/*
 * Namespace probes. Each asks in the combination a job needs, because permission for one call
 * says nothing about the next: AppArmor on Ubuntu lets unshare(2) through and refuses the uid map.
 */
#define _GNU_SOURCE
#include "doctor_namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif

/* A real root is never mapped into a job; this is the first id of the default range instead. */
enum { ROOT_MODE_ID = 0x70000000 };

int write_text(const char *path, const char *text)
{
	size_t length = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -1;
	error = write(fd, text, length) == (ssize_t)length ? 0 : errno;
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

static char *append_number(char *end, unsigned number)
{
	char digits[10];
	int count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		*end++ = digits[--count];
	return end;
}

/* pid 0 means the caller itself. */
static int write_map(unsigned pid, const char *file, unsigned inside, unsigned outside)
{
	char path[64] = "/proc/self/", line[64];
	char *end;

	if (pid) {
		end = append_number(path + strlen("/proc/"), pid);
		*end++ = '/';
		*end = 0;
	}
	strcat(path, file);
	end = append_number(line, inside);
	*end++ = ' ';
	end = append_number(end, outside);
	strcpy(end, " 1\n");
	return write_text(path, line);
}

/* user_namespaces(7): without CAP_SETGID outside, setgroups must be denied before gid_map. */
static int map_self(unsigned uid, unsigned gid, unsigned outer_uid, unsigned outer_gid)
{
	if (write_map(0, "uid_map", uid, outer_uid) < 0)
		return -1;
	if (write_text("/proc/self/setgroups", "deny") < 0)
		return -1;
	return write_map(0, "gid_map", gid, outer_gid);
}

static _Noreturn void write_maps_of(pid_t process, int ready, int done)
{
	unsigned char error = 0;

	if (read(ready, &error, 1) != 1)
		_exit(1);
	if (write_map(process, "uid_map", 0, ROOT_MODE_ID) < 0 ||
	    write_map(process, "gid_map", 0, ROOT_MODE_ID) < 0)
		error = (unsigned char)errno;
	_exit(write(done, &error, 1) != 1);
}

/* Ids that are not one's own must be mapped by a process that still has CAP_SETUID outside. */
static int unshare_and_map_from_outside(void)
{
	int ready[2], done[2];
	unsigned char error = 0;
	pid_t self = getpid(), writer;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(done, O_CLOEXEC) < 0)
		return -1;
	writer = fork();
	if (writer < 0)
		return -1;
	if (writer == 0) {
		close(ready[1]);
		write_maps_of(self, ready[0], done[1]);
	}
	close(done[1]);
	if (unshare(CLONE_NEWUSER) < 0)
		error = (unsigned char)errno;
	else if (write(ready[1], &error, 1) != 1 || read(done[0], &error, 1) != 1)
		error = EPIPE;
	/* it has answered, or reads the end of the pipe: whoever adopts orphans here may not reap them */
	close(ready[1]);
	waitpid(writer, NULL, 0);
	errno = error;
	return error ? -1 : 0;
}

/*
 * Root of a container's user namespace, where uid 0 is somebody else outside, has no range to give
 * away and maps itself like any user. The host's root never does.
 */
static int is_real_root(void)
{
	char text[4096] = "", *line = text;
	int fd, real = 1;

	if (geteuid() != 0)
		return 0;
	fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
		return 1;
	close(fd);
	while (*line) {
		unsigned long inside = strtoul(line, &line, 10);
		unsigned long outside = strtoul(line, &line, 10);
		unsigned long count = strtoul(line, &line, 10);

		if (inside <= ROOT_MODE_ID && ROOT_MODE_ID - inside < count)
			return 1;
		if (inside == 0)
			real = outside == 0;
		line += strspn(line, " \n");
	}
	return real;
}

int enter_namespaces(int more)
{
	unsigned uid = geteuid(), gid = getegid();

	if (!is_real_root()) {
		if (unshare(CLONE_NEWUSER) < 0 || map_self(0, 0, uid, gid) < 0)
			return -1;
		return more ? unshare(more) : 0;
	}
	if (unshare_and_map_from_outside() < 0 || setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		return -1;
	/* Changing ids gave /proc/self to the real root (prctl(2), PR_SET_DUMPABLE). */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		return -1;
	return more ? unshare(more) : 0;
}

int try_user_namespace(uint64_t *value)
{
	(void)value;
	return unshare(CLONE_NEWUSER);
}

int try_uid_map(uint64_t *value)
{
	unsigned uid = geteuid();

	(void)value;
	if (is_real_root())
		return unshare_and_map_from_outside();
	if (unshare(CLONE_NEWUSER) < 0)
		return -1;
	return write_map(0, "uid_map", 0, uid);
}

int try_gid_map(uint64_t *value)
{
	(void)value;
	return enter_namespaces(0);
}

int try_pid_namespace(uint64_t *value)
{
	(void)value;
	return enter_namespaces(CLONE_NEWPID);
}

int try_mount_namespace(uint64_t *value)
{
	(void)value;
	return enter_namespaces(CLONE_NEWNS);
}

int try_network_namespace(uint64_t *value)
{
	(void)value;
	return enter_namespaces(CLONE_NEWNET);
}

int try_ipc_namespace(uint64_t *value)
{
	(void)value;
	return enter_namespaces(CLONE_NEWIPC);
}

int try_uts_namespace(uint64_t *value)
{
	(void)value;
	if (enter_namespaces(CLONE_NEWUTS) < 0)
		return -1;
	return sethostname("sandbox", 7);
}

int try_cgroup_namespace(uint64_t *value)
{
	(void)value;
	return enter_namespaces(CLONE_NEWCGROUP);
}

/* All at once and with a pidfd, as the launcher does it. */
int try_clone3(uint64_t *value)
{
	int pidfd = -1;
	/* struct clone_args, first version (Linux 5.3). */
	uint64_t arguments[8] = {
		CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			CLONE_NEWCGROUP | CLONE_PIDFD,
		(uintptr_t)&pidfd,
		0,
		0,
		SIGCHLD,
	};
	long child = syscall(CALL_CLONE3, arguments, sizeof arguments);

	(void)value;
	if (child == 0)
		_exit(0);
	return child < 0 ? -1 : (int)(waitpid((pid_t)child, NULL, 0) < 0);
}

int try_loopback(uint64_t *value)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	(void)value;
	if (enter_namespaces(CLONE_NEWNET) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	request.ifr_flags = IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

/* The second of two means against nested namespaces; only proven when it bites. */
int try_user_sysctl(uint64_t *value)
{
	(void)value;
	if (enter_namespaces(0) < 0 || write_text("/proc/sys/user/max_user_namespaces", "0\n") < 0)
		return -1;
	if (unshare(CLONE_NEWUSER) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOSPC ? 0 : -1;
}

int try_inner_user_namespace(uint64_t *value)
{
	(void)value;
	if (enter_namespaces(CLONE_NEWNS | CLONE_NEWNET) < 0 || unshare(CLONE_NEWUSER) < 0)
		return -1;
	return map_self(1000, 1000, 0, 0);
}
