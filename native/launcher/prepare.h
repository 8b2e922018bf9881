/*
 * What a launcher does about what it was started with.
 */
#ifndef SANDBOX_PREPARE_H
#define SANDBOX_PREPARE_H

int prepare(void);

#endif
