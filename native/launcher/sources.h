/*
 * What only real root can open for a job.
 */
#ifndef SANDBOX_SOURCES_H
#define SANDBOX_SOURCES_H

#include "request.h"

/* Opens the sources of a job's mounts; -1 if one cannot be had, with its step in the page. */
int sources_open(struct request *request);

#endif
