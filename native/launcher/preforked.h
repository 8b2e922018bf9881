/*
 * A pid 1 that is there before its job.
 */
#ifndef SANDBOX_SPARE_H
#define SANDBOX_SPARE_H

#include "request.h"

#include <sys/types.h>

struct preforked {
	pid_t pid; /* 0: none */
	int pidfd;
	int lifeline;
	int disabled;	   /* could not be made once; jobs get their own and say why */
	uint32_t speculated; /* steps of the last plan that it has done */
	uint64_t born;
	struct plan last;  /* the plan of the last job, whose likes may follow */
	uint32_t backoff; /* jobs to come before the last plan is taken for the next one again */
	struct job_page *page;
};

void preforked_renew(struct preforked *preforked, struct request *request);
int preforked_fits(struct preforked *preforked, const struct request *request);
pid_t preforked_use(struct preforked *preforked, struct request *request, const int *fds, int count, int *pidfd);
void preforked_learn(struct preforked *preforked, const struct plan *plan);

#endif
