/*
 * The job's first process on its way to being that: pid 1 (I) opens what it needs, since descriptors are shared and memory is not;
 * the rest is its own (P).
 */
#ifndef SANDBOX_PAYLOAD_H
#define SANDBOX_PAYLOAD_H

#include "mapper.h"
#include "request.h"

#include <sys/resource.h>

struct payload {
	const struct request *request;
	const struct plan *plan; /* of the request, as is the page */
	struct job_page *page;

	/* I's part */
	int proc;   /* the full procfs */
	int cgroup; /* what P is cloned into, or -1 */
	int cgroup_procs[PLAN_MAX_CGROUPS];
	int cgroup_procs_count;
	struct mapper mapper;

	/* P's part */
	struct rlimit late[RLIM_NLIMITS]; /* limits that the remaining steps would not fit in, set last */
	uint32_t late_set;		  /* a bit for each of them that is asked for */
	uint64_t opened;		  /* a bit for each descriptor that STEP_OPEN has given the job */
	int landlock;			  /* ruleset under construction */
	uint64_t landlock_access;
};

void payload_begin(struct payload *payload, const struct request *request);

#endif
