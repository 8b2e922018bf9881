/*
 * Who is at the other end of a socket of the file system.
 */
#ifndef SANDBOX_PEER_H
#define SANDBOX_PEER_H

/* It is this user's, and in our own user and pid namespaces, as no job is. */
int peer_is_caller(int fd);

#endif
