/* What floor.c, floor_build.c and floor_confine.c share. The plan's format is the launcher's own. */
#ifndef SANDBOX_FLOOR_H
#define SANDBOX_FLOOR_H

#include "../../native/launcher/plan.h"
#include "../../native/launcher/sys.h"

_Noreturn void floor_fail(const struct plan_step *step);

/* Steps of pid 1: the root, what is in it, the host's name. */
int floor_build(const struct plan *plan, const struct plan_step *step);

/* Steps of the payload, execve included. */
int floor_confine(const struct plan *plan, const struct plan_step *step);

int floor_write(const char *path, const char *text);
int floor_capabilities(uint64_t effective);

#endif
