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

/* The same for a step, and below the directory of its view where that has to be a certain one (ESTALE). */
int bind_open_source(const char *path, const struct plan_step *step);

/* 0 if an open file is what the step says that it has to be, or it says nothing; else -1, ESTALE. */
int bind_compare(const struct plan_step *step, int file);

/* The same as bind_open without what is mounted below. */
int bind_open_one(const char *source, uint32_t flags);

#endif
