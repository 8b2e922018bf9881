/*
 * Sockets of the job's network namespace for the host.
 */
#ifndef SANDBOX_SOCKETS_H
#define SANDBOX_SOCKETS_H

/* A family for one of the host's words, 0 for others. */
int sockets_family(unsigned char word);

/* In pid 1: makes as many as one report carries, and keeps none. */
void sockets_report(int channel, int family);

#endif
