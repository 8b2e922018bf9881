/*
 * Requests to the kernel's network configuration (netlink(7)).
 */
#ifndef SANDBOX_NETLINK_H
#define SANDBOX_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/* A socket for a protocol of the caller's network namespace; -1 with errno. */
int netlink_open(int protocol);

/*
 * Sends messages that follow each other, and reads what the kernel says to each that asks for it (NLM_F_ACK). 0, or -1 with the errno
 * of the first that failed and its nlmsg_seq in *failed.
 */
int netlink_send(int fd, const void *messages, size_t size, uint32_t *failed);

/* Whether bytes are whole messages, each at a multiple of 4. */
int netlink_is_whole(const void *bytes, size_t size);

#endif
