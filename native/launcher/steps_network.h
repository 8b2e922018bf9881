/*
 * The job's own network namespace, beyond its loopback device.
 */
#ifndef SANDBOX_STEPS_NETWORK_H
#define SANDBOX_STEPS_NETWORK_H

#include "root.h"

int step_netlink(struct root *root, const struct plan_step *step);
int step_listen(struct root *root, const struct plan_step *step);

/* That it was done: join.c does it, before there is a pid 1. */
int step_join_network(struct root *root, const struct plan_step *step);

#endif
