/*
 * One process 1 that is there before its job.
 */
#ifndef SANDBOX_WAITING_H
#define SANDBOX_WAITING_H

#include "kinds.h"
#include "originals.h"
#include "request.h"

#include <sys/types.h>

struct waiting {
	pid_t pid; /* 0: none */
	int pidfd;
	int lifeline;
	int kind;
	int copied;  /* from an original */
	int dying;   /* told to end, and not reaped yet */
	uint64_t born; /* its mounts */
	struct job_page *page;
};

/* Makes one that makes all mounts itself. `place` stays free if it cannot be, and the kind pauses. */
void waiting_make(struct waiting *place, struct kinds *kinds, int kind, struct request *request);

/* Has one cloned from an original, which takes a fraction of the time: 0, or -1 and the kind's copies pause. */
int waiting_copy(struct waiting *place, struct kinds *kinds, int kind, struct original *original);

/* One that is there and was not told to end. */
int waiting_is_idle(const struct waiting *waiting);

/* Ends it. It is reaped when it has ended: no job waits for that. */
void waiting_let_go(struct waiting *waiting);

#endif
