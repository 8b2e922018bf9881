/*
 * From execve to the last process of the job, and on to the release of its mounts.
 */
#ifndef SANDBOX_SUPERVISE_H
#define SANDBOX_SUPERVISE_H

#include "lookups.h"
#include "request.h"

#include <sys/types.h>

void supervise(const struct request *request, struct lookups *lookups, pid_t payload, int children);

#endif
