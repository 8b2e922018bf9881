/*
 * A root whose mounts are copied from those of an original (original.c): what of each step an original does, and what is left to do in the
 * job's own pid 1.
 */
#ifndef SANDBOX_COPIED_H
#define SANDBOX_COPIED_H

#include "root.h"

/* Whether what the plan begins with can be shared out like that, and whether a job that begins with it can have a copy. */
int copied_can_be(const struct plan *beginning);
int copied_suits(const struct plan *beginning, const struct plan *plan);

/* In an original: a place for what is out of sight; a step; the end, from where on the root is / and that place the working directory. */
int copied_begin_original(struct root *root);
int copied_make(struct root *root, const struct plan_step *step);
int copied_end_original(struct root *root);

/* In a process cloned from it: the root is there, and a step may have a part that is the job's alone. */
int copied_begin(struct root *root);
int copied_finish(struct root *root, const struct plan_step *step);

#endif
