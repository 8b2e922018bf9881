/*
 * An original: a process that has made the mounts of a kind of job once. Processes 1 of such jobs are cloned from it, one after the
 * other, and the kernel copies the mounts for them.
 */
#ifndef SANDBOX_ORIGINAL_H
#define SANDBOX_ORIGINAL_H

#include "request.h"
#include "root.h"

/* Makes the mounts of the request's plan, tells the launcher at request->lifeline with one byte, and serves it until that closes. */
__attribute__((noreturn)) void original_main(struct request *request, uint32_t uid, uint32_t gid);

#endif
