/*
 * One page that the launcher (L), pid 1 (I) and the payload (P) of a job share, so that a report needs no system call which
 * the job's policy may refuse: P writes step and errno here and dies, I reads them after its vfork returns.
 */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include "plan.h"

struct job_page {
	uint64_t stamps[STAMP_COUNT];
	int32_t step;
	int32_t error;
	uint32_t detail;
	int32_t listener; /* seccomp notification descriptor, valid in I: the descriptor table is shared until execve */
	int32_t clock; /* perf task clock, likewise */
	uint32_t landlock_abi;
	uint32_t no_new_privs;
	uint32_t securebits;
	uint64_t capabilities;
	uint64_t namespaces[NAMESPACE_COUNT];
	uint64_t setup_user_us;
	uint64_t setup_system_us;
	uint32_t skipped[8];
	uint32_t shared_inodes;
	int32_t init_pid; /* of I, outside of its namespace: the kernel writes it here (CLONE_PARENT_SETTID, clone(2)) */
	uint64_t placed_bytes;
	uint32_t doing; /* step: where it is if it does not come on */
};

struct job_page *page_new(void);

#endif
