/* Probes of single calls: filters, sandboxes of the kernel's own, descriptors, counters. */
#define _GNU_SOURCE
#include "doctor_calls.h"

#include "doctor_namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

enum {
	RANGE_CLOEXEC = 4,	  /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */
	LANDLOCK_ASK_VERSION = 1, /* LANDLOCK_CREATE_RULESET_VERSION */
	JOIN_SESSION_KEYRING = 1, /* KEYCTL_JOIN_SESSION_KEYRING */
};

int try_securebits(uint64_t *value)
{
	(void)value;
	if (enter_namespaces(0) < 0)
		return -1;
	return prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0, 0, 0);
}

int try_no_new_privs(uint64_t *value)
{
	(void)value;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int install_filter(unsigned flags)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = 1, .filter = &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int try_seccomp_filter(uint64_t *value)
{
	(void)value;
	return install_filter(0);
}

/* EBUSY if a filter further up, such as an outer sandbox's, has a listener already. */
int try_seccomp_notify(uint64_t *value)
{
	(void)value;
	return install_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

int try_landlock(uint64_t *value)
{
	long version = syscall(CALL_LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_ASK_VERSION);

	if (version < 0)
		return -1;
	*value = (uint64_t)version;
	return 0;
}

int try_close_range(uint64_t *value)
{
	(void)value;
	return (int)syscall(CALL_CLOSE_RANGE, 3, ~0U, RANGE_CLOEXEC);
}

int try_openat2(uint64_t *value)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_DIRECTORY,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	(void)value;
	return (int)syscall(CALL_OPENAT2, AT_FDCWD, "/", &how, sizeof how);
}

int try_pidfd(uint64_t *value)
{
	long fd = syscall(CALL_PIDFD_OPEN, getpid(), 0);

	(void)value;
	if (fd < 0)
		return -1;
	return (int)syscall(CALL_PIDFD_SEND_SIGNAL, fd, 0, NULL, 0);
}

/* The launcher's own file: executable, then sealed. vm.memfd_noexec can forbid either. */
int try_memfd_exec(uint64_t *value)
{
	struct stat made;
	int fd = memfd_create("doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	(void)value;
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || fstat(fd, &made) < 0)
		return -1;
	if (!(made.st_mode & S_IXUSR)) {
		errno = EACCES;
		return -1;
	}
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

int try_keyring(uint64_t *value)
{
	(void)value;
	return (int)syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL);
}

/* With exclude_kernel it is allowed up to perf_event_paranoid 2; a task clock counts all time
 * anyway. */
int try_perf_task_clock(uint64_t *value)
{
	struct perf_event_attr clock = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof clock,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.inherit = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	(void)value;
	return (int)syscall(SYS_perf_event_open, &clock, 0, -1, -1, 0);
}
