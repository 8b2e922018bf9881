/*
 * Probes of single system calls.
 */
#ifndef SANDBOX_DOCTOR_CALLS_H
#define SANDBOX_DOCTOR_CALLS_H

#include "doctor_probes.h"

doctor_try try_securebits, try_no_new_privs, try_seccomp_filter, try_seccomp_notify, try_landlock,
	try_close_range, try_openat2, try_pidfd, try_memfd_exec, try_keyring, try_perf_task_clock;

#endif
