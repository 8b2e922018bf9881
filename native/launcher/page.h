/*
 * One page that the launcher (L), pid 1 (I) and the payload (P) of a job share, so that a report needs no system call which
 * the job's policy may refuse: P writes step and errno here and dies, I reads them after its vfork returns.
 */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include "plan.h"

#define PAGES_MAX 1100 /* above JOBS_MAX, PREFORKED_MAX and ORIGINALS_MAX together */

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
	uint32_t skipped[PLAN_MAX_SKIPPED / 32];
	uint32_t shared_inodes;
	int32_t init_pid; /* of I, outside of its namespace: the kernel writes it here (CLONE_PARENT_SETTID, clone(2)) */
	uint64_t placed_bytes;
	uint32_t doing; /* step: where it is if it does not come on */
	uint32_t copied; /* in a copy of an original's mounts, all that can be done ahead is done */
	uint32_t left_nothing; /* such a job is over, and nothing that it had open is left anywhere */
};

struct job_page *page_new(void);

/* As a new one: for the next job of an original, which shares it for as long as it lives. */
void page_clear(struct job_page *page);

/* Its pid 1 has it now. */
void page_keep(struct job_page *page);

/* It is over with it, whether it was kept or not. */
void page_drop(struct job_page *page);

/*
 * In a new pid 1, first of all: what is there for other jobs. (Not MADV_DONTFORK: user-mode Linux leaves its child what was
 * mapped there, and the child finds it in whatever it maps at that address.)
 */
void page_give_up_others(const struct job_page *own);

#endif
