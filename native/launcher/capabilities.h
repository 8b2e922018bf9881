/*
 * Capabilities of the calling process, as bits by their numbers.
 */
#ifndef SANDBOX_CAPABILITIES_H
#define SANDBOX_CAPABILITIES_H

#include <stdint.h>

#define LAST_POSSIBLE_CAPABILITY 63

/* Has these effective and permitted, and none inheritable. */
int capabilities_set(uint64_t effective);

/* Has these in all sets but the bounding one, so that they pass execve. */
int capabilities_grant(uint64_t granted);

/* Takes all others off the bounding set. */
int capabilities_bound(uint64_t granted);

/* What is left in any of the five sets. */
int capabilities_left(uint64_t *left);

#endif
