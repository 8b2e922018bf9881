/*
 * Further processes of the host's choice in a job that runs.
 */
#ifndef SANDBOX_ENTER_H
#define SANDBOX_ENTER_H

#include "root.h"

#include <sys/types.h>

/* At once, in one job. */
#define ENTERED_MAX 16

/*
 * In pid 1, at the host's word: starts one that joins what the payload is in and is confined as that was. The descriptors are those of a
 * job message, and closed. Whatever becomes of it the host is told by its number.
 */
void enter_begin(struct root *root, pid_t payload, unsigned number, const int *fds, int count);

/* Has a signal for one of them; of no effect on one that is over. */
void enter_signal(unsigned number, int signal);

/* A child was reaped: tells the host if it was one of them. */
void enter_ended(const struct root *root, pid_t pid, int status);

#endif
