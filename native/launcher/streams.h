/*
 * Descriptors 0 to 2 of the job, and pipes at the numbers after them.
 */
#ifndef SANDBOX_STREAMS_H
#define SANDBOX_STREAMS_H

#include "root.h"

/* In pid 1. */
int streams_own(struct root *root);

/* In pid 1, before it closes what came with the job: its further pipes, out of the way of the numbers that they get. */
int streams_keep(struct request *request, const struct plan_step *session);

/* In the payload: these and 0 to 2 where the command looks for them. */
int streams_place(const struct request *request);

/* They, and what STEP_OPEN has opened, alone outlive execve, after everything from 3 on was marked to be closed by it. */
int streams_pass(const struct request *request, uint64_t opened);

/* In pid 1, once the payload has them. */
void streams_close(struct request *request);

#endif
