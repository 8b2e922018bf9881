/*
 * The command.
 */
#ifndef SANDBOX_STEPS_EXEC_H
#define SANDBOX_STEPS_EXEC_H

#include "payload.h"

/* Everything of it that needs system calls, before STEP_SECCOMP. */
int exec_prepare(struct payload *payload, const struct plan_step *step);

int step_exec(struct payload *payload, const struct plan_step *step);

#endif
