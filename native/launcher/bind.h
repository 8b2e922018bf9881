/*
 * Detached copies of trees.
 */
#ifndef SANDBOX_BIND_H
#define SANDBOX_BIND_H

#include "plan.h"

/* What flags of a step mean for its mount: MOUNT_ATTR_* (mount_setattr(2)). */
uint64_t mount_attributes(uint32_t flags);

/* Gives a tree the flags of a step, everything mounted below included; closes it and is -1 if that fails, or if it is -1. */
int bind_restrict(int tree, uint32_t flags);

/* A copy of a tree of the host, with the flags of a step. */
int bind_open(const char *source, uint32_t flags);

/* The same without what is mounted below. */
int bind_open_one(const char *source, uint32_t flags);

#endif
