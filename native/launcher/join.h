/*
 * Joining a network of jobs, before there is a pid 1.
 */
#ifndef SANDBOX_JOIN_H
#define SANDBOX_JOIN_H

#include "request.h"

/* If the plan wants it; -1 with errno, and the step in the job's page. */
int join_network(struct request *request);

#endif
