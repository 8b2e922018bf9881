/*
 * Processes 1 that are there before their jobs.
 */
#ifndef SANDBOX_PREFORKED_H
#define SANDBOX_PREFORKED_H

#include "waiting.h"

#include <poll.h>
#include <sys/types.h>

/* Together with originals, and of one kind of job. */
#define PREFORKED_MAX 16
#define PREFORKED_KIND_MAX 8
#define PREFORKED_EVENTS (PREFORKED_MAX + 2 * ORIGINALS_MAX)

struct preforked {
	struct kinds kinds;
	struct originals originals;
	struct waiting waiting[PREFORKED_MAX];
	int disabled; /* could not be made once; jobs get their own and say why */
};

/* With what the plan of the job to come is expected to begin with; NULL if nothing is known. */
void preforked_begin(struct preforked *preforked, const struct plan *beginning);

/* Makes one, if one is missing; true if more are. For a moment in which nobody waits. */
int preforked_renew(struct preforked *preforked, struct request *request);

/* Begins to make an original where jobs come so fast that it saves more than it costs, at any moment. */
void preforked_renew_originals(struct preforked *preforked, struct request *request);

/* One that this job may have and that is its own from now on, or 0. */
pid_t preforked_take(struct preforked *preforked, struct request *request, const int *fds, int count, int *pidfd);

/* A job was started: others like it may follow. */
void preforked_learn(struct preforked *preforked, const struct plan *plan);

/* The pid 1 that had this page is reaped. */
void preforked_drop(struct preforked *preforked, struct job_page *page);

/* What to wait for, PREFORKED_EVENTS entries, and what is to be done about it. */
void preforked_wait(const struct preforked *preforked, struct pollfd *events);
void preforked_serve(struct preforked *preforked, const struct pollfd *events);

/* When one will have waited too long; 0 for never. */
uint64_t preforked_deadline(const struct preforked *preforked);

int preforked_has(const struct preforked *preforked, pid_t pid);
void preforked_end(struct preforked *preforked);

#endif
