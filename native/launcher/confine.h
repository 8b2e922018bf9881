/*
 * The payload, from the clone to execve.
 */
#ifndef SANDBOX_CONFINE_H
#define SANDBOX_CONFINE_H

#include "payload.h"

__attribute__((noreturn)) void confine_main(struct payload *payload, uint32_t first_step);

#endif
