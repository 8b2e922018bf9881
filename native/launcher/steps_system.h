/*
 * What a program expects of a system.
 */
#ifndef SANDBOX_STEPS_SYSTEM_H
#define SANDBOX_STEPS_SYSTEM_H

#include "root.h"

/* The nodes, which are the host's; and the terminals, which are the job's. */
int devices_make(struct root *root);
int devices_finish(struct root *root);

int step_devices(struct root *root, const struct plan_step *step);
int step_sysfs(struct root *root, const struct plan_step *step);
int step_proc(struct root *root, const struct plan_step *step);
int step_mask(struct root *root, const struct plan_step *step);
int step_hostname(struct root *root, const struct plan_step *step);
int step_loopback(struct root *root, const struct plan_step *step);
int step_lookups(struct root *root, const struct plan_step *step);
int step_sysctl(struct root *root, const struct plan_step *step);

#endif
