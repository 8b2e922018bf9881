/*
 * What writes the inner map of several ids.
 */
#ifndef SANDBOX_MAPPER_H
#define SANDBOX_MAPPER_H

#include "page.h"

#include <sys/types.h>

struct mapper {
	pid_t pid; /* 0: the job has one id, and needs none */
	int socket;
};

/* In pid 1, before it gives its capabilities up. */
int mapper_start(struct mapper *mapper, const struct plan *plan, int proc);

/* What it used is no time of the job's, which has not begun to count. */
void mapper_end(struct mapper *mapper, struct job_page *page);

/* In the payload: asks for its map. */
int mapper_ask(const struct mapper *mapper);

#endif
