/*
 * A terminal of the job's own.
 */
#ifndef SANDBOX_TERMINAL_H
#define SANDBOX_TERMINAL_H

#include "request.h"

/* -1: the job has none */
struct terminal {
	int master;
	int slave;
};

/* In pid 1: opens one in a devpts instance, if the step asks for it, and makes it the job's descriptors 0 to 2. */
int terminal_open(struct terminal *terminal, struct request *request, int pts,
		  const struct plan_step *session);

/* In the payload, the leader of a session that has none yet (tty_ioctl(2), TIOCSCTTY). */
int terminal_control(const struct plan_step *session);

#endif
