/*
 * What `launcher doctor` writes: one fixed-size record per probe. Managed code owns the words
 * (src/Sandbox/Host), so the numbers here never change meaning; new probes go at the end.
 */
#ifndef SANDBOX_DOCTOR_H
#define SANDBOX_DOCTOR_H

#include <stdint.h>

enum doctor_probe {
	PROBE_USER_NAMESPACE = 1,
	PROBE_UID_MAP,
	PROBE_GID_MAP,
	PROBE_PID_NAMESPACE,
	PROBE_MOUNT_NAMESPACE,
	PROBE_NETWORK_NAMESPACE,
	PROBE_IPC_NAMESPACE,
	PROBE_UTS_NAMESPACE,
	PROBE_CGROUP_NAMESPACE,
	PROBE_CLONE3,
	PROBE_TMPFS,
	PROBE_PROC,
	PROBE_READ_ONLY_BIND,
	PROBE_PIVOT_ROOT,
	PROBE_OVERLAY,
	PROBE_LOOPBACK,
	PROBE_USER_SYSCTL,
	PROBE_INNER_USER_NAMESPACE,
	PROBE_SECUREBITS,
	PROBE_NO_NEW_PRIVS,
	PROBE_SECCOMP_FILTER,
	PROBE_SECCOMP_NOTIFY,
	PROBE_LANDLOCK, /* value: the ABI number */
	PROBE_CLOSE_RANGE,
	PROBE_OPENAT2,
	PROBE_PIDFD,
	PROBE_MEMFD_EXEC,
	PROBE_KEYRING,
	PROBE_PERF_TASK_CLOCK,
	PROBE_OVERLAY_DIRECTORIES,
	PROBE_REDIRECT, /* value: which message was refused */
};

struct doctor_record {
	uint32_t probe; /* enum doctor_probe */
	int32_t error;	/* 0, an errno, or minus the signal the probe died of */
	uint64_t value; /* meaning depends on the probe; 0 if it has none */
};

/* Try every case and write one record each to out_fd; 0, or 1 if the reader went away. */
int doctor_main(int out_fd);

#endif
