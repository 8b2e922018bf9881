/*
 * pid 1 of a job.
 */
#ifndef SANDBOX_INIT_H
#define SANDBOX_INIT_H

#include "request.h"

/* What it can do before it knows its job: maps itself, and builds what of the request's plan can be speculated, if there is one. */
void init_ahead(struct request *request, uint32_t uid, uint32_t gid);

/* The same for one whose mounts were copied from an original's. */
void init_copied(struct request *request);

__attribute__((noreturn)) void init_main(struct request *request);

#endif
