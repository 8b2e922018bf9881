/*
 * Host directories with inodes of the job's own.
 */
#ifndef SANDBOX_VIEW_H
#define SANDBOX_VIEW_H

#include "root.h"

int view_open(struct root *root, const struct plan_step *step);

#endif
