/*
 * Waits for the host.
 */
#ifndef SANDBOX_BARRIER_H
#define SANDBOX_BARRIER_H

#include "root.h"

int step_barrier(struct root *root, const struct plan_step *step);

#endif
