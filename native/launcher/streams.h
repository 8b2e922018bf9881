/*
 * Descriptors 0 to 2 of the job.
 */
#ifndef SANDBOX_STREAMS_H
#define SANDBOX_STREAMS_H

#include "root.h"

int streams_own(struct root *root);

#endif
