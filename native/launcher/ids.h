/*
 * Ids of a job, inside and outside of its user namespaces.
 */
#ifndef SANDBOX_IDS_H
#define SANDBOX_IDS_H

#include "plan.h"

#include <sys/types.h>

/* Maps the caller, in a new user namespace, to its root; `proc` is a procfs. */
int ids_map_self(const char *proc, uint32_t uid, uint32_t gid);

/* The same for another process, by real root. */
int ids_map_foreign(const struct plan *plan, pid_t pid);

/* Writes both maps of a process, given by its directory of a procfs. */
int ids_write_maps(int process, uint32_t inside_uid, uint32_t uid, uint32_t inside_gid, uint32_t gid);

/* Gives a file to the job, where that has another id inside than pid 1. */
int ids_give(const struct plan *plan, int directory, const char *name);

#endif
