/*
 * What a program expects of a system.
 */
#ifndef SANDBOX_STEPS_SYSTEM_H
#define SANDBOX_STEPS_SYSTEM_H

#include "root.h"

int step_devices(struct root *root, const struct plan_step *step);
int step_proc(struct root *root, const struct plan_step *step);
int step_mask(struct root *root, const struct plan_step *step);
int step_hostname(struct root *root, const struct plan_step *step);
int step_loopback(struct root *root, const struct plan_step *step);
int step_lookups(struct root *root, const struct plan_step *step);
int step_sysctl(struct root *root, const struct plan_step *step);

#endif
