/*
 * The one clock of stamps and deadlines.
 */
#ifndef SANDBOX_CLOCK_H
#define SANDBOX_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC, which the host reads too; the host's also where the kernel gives another one. */
uint64_t now_ns(void);

/* The kernel's clock of children that are made from now on is so much behind ours. */
void clock_set_children(uint64_t ns);

/* In such a child, which has memory of its own. */
void clock_begin_child(void);

#endif
