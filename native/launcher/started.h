/*
 * The record that a job has started.
 */
#ifndef SANDBOX_STARTED_H
#define SANDBOX_STARTED_H

#include "root.h"
#include "terminal.h"

/* Just before the payload runs: puts down what is in the writable file systems. */
void started_count(struct root *root);

/* -1, with step and errno in the page, if the host cannot be given what it needs to watch the job. */
int started_report(struct root *root, const struct terminal *terminal, uint32_t first_step);

#endif
