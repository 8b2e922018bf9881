/*
 * What the root is made of.
 */
#ifndef SANDBOX_STEPS_MOUNTS_H
#define SANDBOX_STEPS_MOUNTS_H

#include "root.h"

/* A detached tmpfs, or -1. */
int tmpfs_new(uint64_t bytes, uint64_t inodes, uint64_t flags);

/* Between the steps that make the root and those that need it. */
int mounts_begin(struct root *root);

/* The source of a bind, wherever it is to be had. */
int bind_source(struct root *root, const struct plan_step *step);

int step_root(struct root *root, const struct plan_step *step);
int step_scratch(struct root *root, const struct plan_step *step);
int step_bind(struct root *root, const struct plan_step *step);
int step_directory(struct root *root, const struct plan_step *step);
int step_tmpfs(struct root *root, const struct plan_step *step);
int step_symlink(struct root *root, const struct plan_step *step);
int step_pivot(struct root *root, const struct plan_step *step);
int step_seal_root(struct root *root, const struct plan_step *step);

#endif
