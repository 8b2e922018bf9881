/*
 * Files of one user, shown as those of another.
 */
#ifndef SANDBOX_OWNER_H
#define SANDBOX_OWNER_H

#include "plan.h"

/* Shows what the owner in value[3] of the step has in a detached tree as the job's; nothing to do without one. -1 with errno. */
int owner_show(const struct plan *plan, const struct plan_step *step, int tree);

#endif
