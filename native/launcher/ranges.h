/*
 * The outer maps of a job with several ids, by the launcher.
 */
#ifndef SANDBOX_RANGES_H
#define SANDBOX_RANGES_H

#include "request.h"

#include <sys/types.h>

/* Writes both outer maps of a process in a new user namespace; 0 or an errno. */
int ranges_map(const struct plan *plan, pid_t pid);

/* Has somebody else do so and send that answer; 0, or -1 if nobody will. */
int ranges_map_outer(const struct request *request, pid_t pid, int answer);

/* As real root: has the layers show root's files as the job's. */
void ranges_own_layers(const struct request *request, pid_t pid);

#endif
