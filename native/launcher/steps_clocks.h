/*
 * The job's own clocks.
 */
#ifndef SANDBOX_STEPS_CLOCKS_H
#define SANDBOX_STEPS_CLOCKS_H

#include "root.h"

int step_clocks(struct root *root, const struct plan_step *step);

#endif
