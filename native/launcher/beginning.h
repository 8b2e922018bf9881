/*
 * What the plan of the last job began with, as a host kept it in a file of its user's.
 */
#ifndef SANDBOX_BEGINNING_H
#define SANDBOX_BEGINNING_H

#include "plan.h"

/* Where whoever starts a launcher leaves that file. */
#define BEGINNING_FD 4

/* 0, or -1 if the file is no such beginning: then nothing is made ahead of the job, which does without. */
int beginning_read(int fd, struct plan *beginning);

#endif
