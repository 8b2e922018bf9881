/*
 * A pid 1 that is there before its job.
 */
#ifndef SANDBOX_SPARE_H
#define SANDBOX_SPARE_H

#include "request.h"

#include <sys/types.h>

struct spare {
	pid_t pid; /* 0: none */
	int pidfd;
	int lifeline;
	int hopeless;	   /* could not be made once; jobs get their own and say why */
	uint32_t foreseen; /* steps of the last plan that it has done */
	uint64_t born;
	struct plan last;  /* the plan of the last job, whose likes may follow */
	uint32_t distrust; /* jobs to come before the last plan is taken for the next one again */
	struct job_page *page;
};

void spare_renew(struct spare *spare, struct request *request);
int spare_fits(struct spare *spare, const struct request *request);
pid_t spare_use(struct spare *spare, struct request *request, const int *fds, int count, int *pidfd);
void spare_learn(struct spare *spare, const struct plan *plan);

#endif
