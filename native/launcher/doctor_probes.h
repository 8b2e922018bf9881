/* What a probe of `launcher doctor` is. */
#ifndef SANDBOX_DOCTOR_PROBES_H
#define SANDBOX_DOCTOR_PROBES_H

#include <stdint.h>

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

#endif
