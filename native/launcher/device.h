/*
 * The loopback device of a job without a network.
 */
#ifndef SANDBOX_DEVICE_H
#define SANDBOX_DEVICE_H

#define DNS_PORT 53

/* Up for questions about names; 0, or -1 with nothing up. */
int device_raise(void);

#endif
