/*
 * The launcher as a process that asks for files of the host.
 */
#ifndef SANDBOX_LOOK_H
#define SANDBOX_LOOK_H

int look_main(int socket_fd);

#endif
