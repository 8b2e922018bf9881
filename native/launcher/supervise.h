/*
 * From execve to the last process of the job, and on to the release of its mounts.
 */
#ifndef SANDBOX_SUPERVISE_H
#define SANDBOX_SUPERVISE_H

#include "root.h"

#include <sys/types.h>

void supervise(struct root *root, pid_t payload, int children);

#endif
