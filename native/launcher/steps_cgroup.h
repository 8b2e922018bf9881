/*
 * Control groups and processors.
 */
#ifndef SANDBOX_STEPS_CGROUP_H
#define SANDBOX_STEPS_CGROUP_H

#include "payload.h"

/* In pid 1, before it closes what came with the job: the payload needs these. */
int cgroup_keep(struct payload *payload, const struct plan_step *step);
void cgroup_let_go(struct payload *payload);

int step_cgroup(struct payload *payload, const struct plan_step *step);
int step_affinity(struct payload *payload, const struct plan_step *step);

#endif
