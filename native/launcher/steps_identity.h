/*
 * Who pid 1 is.
 */
#ifndef SANDBOX_STEPS_IDENTITY_H
#define SANDBOX_STEPS_IDENTITY_H

#include "root.h"

int step_identity(struct root *root, const struct plan_step *step);

#endif
