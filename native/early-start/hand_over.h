#ifndef HAND_OVER_H
#define HAND_OVER_H

/* Ends the process with the job's status if a job host ran it; returns if this process is to run it by itself. */
void hand_over(int argc, char **argv, char *const *environment);

#endif
