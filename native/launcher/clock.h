/*
 * The one clock of stamps and deadlines.
 */
#ifndef SANDBOX_CLOCK_H
#define SANDBOX_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC, which the host reads too. */
uint64_t now_ns(void);

#endif
