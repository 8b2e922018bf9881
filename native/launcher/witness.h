/*
 * Calls of the job that pid 1 is told of, and that go on all the same.
 */
#ifndef SANDBOX_WITNESS_H
#define SANDBOX_WITNESS_H

#include "lookups.h"
#include "request.h"

#include <sys/types.h>

struct seccomp_notif;

struct seccomp_data;

/* What the plan's filter says to a call. */
uint32_t filter_answer(const struct plan *plan, const struct seccomp_data *data);

/* Whether it is such a call; what it may have sent to the payload is noted in `sent` (SENT_*). */
int witness(const struct request *request, struct lookups *lookups, const struct seccomp_notif *call,
	    pid_t payload, uint64_t *sent);

#endif
