/*
 * Probes of namespaces, and what the others need of them.
 */
#ifndef SANDBOX_DOCTOR_NAMESPACES_H
#define SANDBOX_DOCTOR_NAMESPACES_H

#include "doctor_probes.h"

int write_text(const char *path, const char *text);

/* Become uid 0 of a new user namespace the way a job's init does, then unshare more (0 for none). */
int enter_namespaces(int more);

doctor_try try_user_namespace, try_uid_map, try_gid_map, try_pid_namespace, try_mount_namespace,
	try_network_namespace, try_ipc_namespace, try_uts_namespace, try_cgroup_namespace, try_clone3,
	try_loopback, try_user_sysctl, try_inner_user_namespace;

#endif
