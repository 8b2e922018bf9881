/*
 * `launcher doctor`: try what a job needs, one throw-away child per probe, so that a probe that
 * is killed, hangs, or leaves namespaces and mounts behind cannot touch the next one.
 */
#define _GNU_SOURCE
#include "doctor.h"

#include "doctor_calls.h"
#include "doctor_mounts.h"
#include "doctor_namespaces.h"
#include "doctor_network.h"
#include "sys.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBE_SECONDS = 3 };

struct doctor_case {
	uint32_t probe;
	doctor_try *try;
};

static const struct doctor_case cases[] = {
	{ PROBE_USER_NAMESPACE, try_user_namespace },
	{ PROBE_UID_MAP, try_uid_map },
	{ PROBE_GID_MAP, try_gid_map },
	{ PROBE_PID_NAMESPACE, try_pid_namespace },
	{ PROBE_MOUNT_NAMESPACE, try_mount_namespace },
	{ PROBE_NETWORK_NAMESPACE, try_network_namespace },
	{ PROBE_IPC_NAMESPACE, try_ipc_namespace },
	{ PROBE_UTS_NAMESPACE, try_uts_namespace },
	{ PROBE_CGROUP_NAMESPACE, try_cgroup_namespace },
	{ PROBE_CLONE3, try_clone3 },
	{ PROBE_TMPFS, try_tmpfs },
	{ PROBE_PROC, try_proc },
	{ PROBE_READ_ONLY_BIND, try_read_only_bind },
	{ PROBE_PIVOT_ROOT, try_pivot_root },
	{ PROBE_OVERLAY, try_overlay },
	{ PROBE_LOOPBACK, try_loopback },
	{ PROBE_USER_SYSCTL, try_user_sysctl },
	{ PROBE_INNER_USER_NAMESPACE, try_inner_user_namespace },
	{ PROBE_SECUREBITS, try_securebits },
	{ PROBE_NO_NEW_PRIVS, try_no_new_privs },
	{ PROBE_SECCOMP_FILTER, try_seccomp_filter },
	{ PROBE_SECCOMP_NOTIFY, try_seccomp_notify },
	{ PROBE_LANDLOCK, try_landlock },
	{ PROBE_CLOSE_RANGE, try_close_range },
	{ PROBE_OPENAT2, try_openat2 },
	{ PROBE_PIDFD, try_pidfd },
	{ PROBE_MEMFD_EXEC, try_memfd_exec },
	{ PROBE_KEYRING, try_keyring },
	{ PROBE_PERF_TASK_CLOCK, try_perf_task_clock },
	{ PROBE_OVERLAY_DIRECTORIES, try_overlay_directories },
	{ PROBE_REDIRECT, try_redirect },
};

/* The child answers through shared memory: a seccomp filter under test may refuse write(2). */
static volatile struct doctor_record *answer;

static _Noreturn void run_child(const struct doctor_case *probe)
{
	uint64_t value = 0;

	signal(SIGALRM, SIG_DFL);
	alarm(PROBE_SECONDS);
	answer->error = probe->try(&value) < 0 ? errno : 0;
	answer->value = value;
	_exit(0);
}

static void run_probe(const struct doctor_case *probe)
{
	int status;
	pid_t child;

	answer->probe = probe->probe;
	answer->error = EIO;
	answer->value = 0;
	child = fork();
	if (child == 0)
		run_child(probe);
	if (child < 0) {
		answer->error = errno;
		return;
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			answer->error = errno;
			return;
		}
	}
	if (WIFSIGNALED(status))
		answer->error = WTERMSIG(status) == SIGALRM ? ETIMEDOUT : -WTERMSIG(status);
}

int doctor_main(int out_fd)
{
	answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answer == MAP_FAILED)
		return 1;
	/* what the host was started with is no business of the probes */
	sys_close_range(3, ~0u, 0);
	/* With SIGCHLD ignored, inherited across execve, waitpid would report ECHILD. */
	signal(SIGCHLD, SIG_DFL);
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct doctor_record record;

		run_probe(&cases[i]);
		memcpy(&record, (const void *)answer, sizeof record);
		if (write(out_fd, &record, sizeof record) != (ssize_t)sizeof record)
			return 1;
	}
	return 0;
}
