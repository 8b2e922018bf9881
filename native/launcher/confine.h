/*
 * The payload, from the clone to execve.
 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include "payload.h"

/* The last moment at which any system call is certain to be allowed. */
int confine_before_filter(struct payload *payload);

__attribute__((noreturn)) void confine_main(struct payload *payload, uint32_t first_step);

#endif
