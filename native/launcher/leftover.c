/*
 * A descriptor outlives its process in one way only that a job without privilege has: on its way through a socket (unix(7), SCM_RIGHTS). The sockets
 * of a job are those of its network namespace, and none of them is connected to one outside: nothing is bound that a user named, and the standard
 * streams are none (preforked.c). What waits in sockets that refer to each other is closed by a worker of the kernel, some time after the last process is
 * dead (unix_gc, net/unix/garbage.c); so is what an io_uring has open. The kernel counts the sockets of a network namespace, of every family.
 */
#include "leftover.h"

#include "sys.h"
#include "witness.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* Of this process's network namespace; -1 if nobody tells. */
static long count_sockets(int proc)
{
	static const char first[] = "sockets: used ";
	autoclose int file = openat(proc, "self/net/sockstat", O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);

	if (size < (ssize_t)sizeof first || memcmp(text, first, sizeof first - 1) != 0)
		return -1;
	text[size] = 0;
	return strtol(text + sizeof first - 1, NULL, 10);
}

static int has_rings(const struct plan *plan)
{
	const struct seccomp_data call = { .nr = SYS_io_uring_setup, .arch = NATIVE_ARCHITECTURE };

	switch (filter_answer(plan, &call) & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_USER_NOTIF:
		return 0;
	default:
		return 1;
	}
}

int leftover_none(const struct root *root)
{
	const long own = (root->sockets >= 0) + (root->lookups.port >= 0);

	return !has_rings(root->plan) && count_sockets(root->proc) == own;
}
