/*
 * From a request to a running pid 1.
 */
#ifndef SANDBOX_SPAWN_H
#define SANDBOX_SPAWN_H

#include "request.h"

#include <sys/types.h>

/* Starts pid 1 of the job; on failure the page says at which step, or -1 for the clone itself. */
pid_t spawn_init(struct request *request, int *pidfd);

/* A plan that only spawn_apart carries out. */
int spawn_needs_apart(const struct plan *plan);

/* The same where a source may never answer, or a network is joined: what it returns is a child that does so, and says on the lifeline what pid 1 is. */
pid_t spawn_apart(struct request *request, int *pidfd);

#endif
