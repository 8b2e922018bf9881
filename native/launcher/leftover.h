/*
 * Whether anything that a job had open is still open anywhere when all of its processes are dead.
 */
#ifndef SANDBOX_LEFTOVER_H
#define SANDBOX_LEFTOVER_H

#include "root.h"

int leftover_none(const struct root *root);

#endif
