/*
 * Overlays.
 */
#ifndef SANDBOX_STEPS_OVERLAY_H
#define SANDBOX_STEPS_OVERLAY_H

#include "root.h"

int step_overlay(struct root *root, const struct plan_step *step);
int step_layer(struct root *root, const struct plan_step *step);
int step_layered_root(struct root *root, const struct plan_step *step);
int step_uppers(struct root *root, const struct plan_step *step);

#endif
