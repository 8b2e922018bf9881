/*
 * Files in the root.
 */
#ifndef SANDBOX_STEPS_FILES_H
#define SANDBOX_STEPS_FILES_H

#include "root.h"

int step_pin(struct root *root, const struct plan_step *step);
int step_file(struct root *root, const struct plan_step *step);
int step_make_directory(struct root *root, const struct plan_step *step);
int step_keep_writable(struct root *root, const struct plan_step *step);
int step_bind_file(struct root *root, const struct plan_step *step);
int step_stdin(struct root *root, const struct plan_step *step);

#endif
