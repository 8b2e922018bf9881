/*
 * Which function carries out which step.
 */
#ifndef SANDBOX_STEPS_H
#define SANDBOX_STEPS_H

#include "payload.h"
#include "root.h"

/* One step in the process that owns its phase; 0, or -1 with errno. */
int step_build(struct root *root, const struct plan_step *step);
int step_confine(struct payload *payload, const struct plan_step *step);

/* A pre-forked init may do it before it knows its job. */
int step_is_speculative(const struct plan_step *step);

#endif
