/*
 * The holder of a network of jobs.
 */
#ifndef SANDBOX_HOLDER_H
#define SANDBOX_HOLDER_H

/* Serves until the network ends; socket_fd is its starter's. */
int holder_main(int socket_fd);

#endif
