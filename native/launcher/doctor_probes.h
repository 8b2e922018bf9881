/* The probes of `launcher doctor`, shared between the files that hold them and the table. */
#ifndef SANDBOX_DOCTOR_PROBES_H
#define SANDBOX_DOCTOR_PROBES_H

#include "doctor.h"

/* Numbers of calls newer than the oldest libc headers we build with; equal on all architectures. */
enum {
	CALL_PIDFD_SEND_SIGNAL = 424,
	CALL_OPEN_TREE = 428,
	CALL_MOVE_MOUNT = 429,
	CALL_PIDFD_OPEN = 434,
	CALL_CLONE3 = 435,
	CALL_CLOSE_RANGE = 436,
	CALL_OPENAT2 = 437,
	CALL_MOUNT_SETATTR = 442,
	CALL_LANDLOCK_CREATE_RULESET = 444,
};

/* Runs in a child of its own; -1 with errno on failure. */
typedef int doctor_try(uint64_t *value);

int write_text(const char *path, const char *text);

/* Become uid 0 of a new user namespace the way a job's init does, then unshare more (0 for none).
 */
int enter_namespaces(int more);

doctor_try try_user_namespace, try_uid_map, try_gid_map, try_pid_namespace, try_mount_namespace,
	try_network_namespace, try_ipc_namespace, try_uts_namespace, try_cgroup_namespace, try_clone3,
	try_loopback, try_user_sysctl, try_inner_user_namespace;

doctor_try try_tmpfs, try_proc, try_read_only_bind, try_pivot_root, try_overlay, try_overlay_folders;

doctor_try try_securebits, try_no_new_privs, try_seccomp_filter, try_seccomp_notify, try_landlock,
	try_close_range, try_openat2, try_pidfd, try_memfd_exec, try_keyring, try_perf_task_clock;

#endif
