/*
 * Whether a job stands still for good.
 */
#ifndef SANDBOX_STOPPED_H
#define SANDBOX_STOPPED_H

#include <sys/types.h>

/* The signal that has stopped a child of ours; 0 if it goes on, or is at an end. It can be asked again. */
int stopped_by(pid_t child);

/* The same of a job's first process, where no process is left in the job that could let it go on. `proc` is a procfs of the job's. */
int stopped_for_good(int proc, pid_t payload);

#endif
