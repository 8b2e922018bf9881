/*
 * What an overlay's upper side holds before it is mounted.
 */
#ifndef SANDBOX_UPPER_H
#define SANDBOX_UPPER_H

#include "request.h"

int upper_prepare(const struct request *request, const struct plan_step *overlay, int lower, int upper);
int upper_make_directories(const struct request *request, const struct plan_step *overlay, const int *layers,
		       int count, int upper);

#endif
