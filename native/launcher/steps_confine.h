/*
 * The last walls.
 */
#ifndef SANDBOX_STEPS_CONFINE_H
#define SANDBOX_STEPS_CONFINE_H

#include "payload.h"

int step_working_directory(struct payload *payload, const struct plan_step *step);
int step_open(struct payload *payload, const struct plan_step *step);
int step_landlock_writable(struct payload *payload, const struct plan_step *step);
int step_landlock(struct payload *payload, const struct plan_step *step);
int step_seccomp(struct payload *payload, const struct plan_step *step);

#endif
