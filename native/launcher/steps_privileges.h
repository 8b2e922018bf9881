/*
 * How the payload stops being anybody.
 */
#ifndef SANDBOX_STEPS_PRIVILEGES_H
#define SANDBOX_STEPS_PRIVILEGES_H

#include "payload.h"

/* The limits that were kept for last. */
int limits_set_late(const struct payload *payload);

int step_session(struct payload *payload, const struct plan_step *step);
int step_inner_userns(struct payload *payload, const struct plan_step *step);
int step_lock_privilege(struct payload *payload, const struct plan_step *step);
int step_credentials(struct payload *payload, const struct plan_step *step);
int step_rlimit(struct payload *payload, const struct plan_step *step);
int step_drop_capabilities(struct payload *payload, const struct plan_step *step);
int step_no_new_privs(struct payload *payload, const struct plan_step *step);
int step_cpu_clock(struct payload *payload, const struct plan_step *step);

#endif
