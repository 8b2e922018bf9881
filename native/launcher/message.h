/*
 * What the launcher receives from its host and says to its own children, all over sockets.
 */
#ifndef SANDBOX_MESSAGE_H
#define SANDBOX_MESSAGE_H

#include <stdint.h>

/* Where the launcher finds the socket of its host. */
#define CONTROL_FD 3

/* I to L, after the end of the job: the host collects outputs, and no deadline counts any more. */
#define WORD_HOLDING 'h'

/* The number of descriptors, -1 with errno, or -2 at the end of the socket. */
int message_receive(int socket_fd, int flags, int *fds);
int message_send(int socket_fd, const int *fds, int count);

/* Some bytes, and the descriptors that come along; the number of bytes as of recv(2). */
#define MESSAGE_WORDS 3
int message_receive_words(int socket_fd, unsigned char *words, int *fds, int *count);
int message_send_words(int socket_fd, const unsigned char *words, int size, const int *fds, int count);

/* A number and one descriptor. */
int message_send_command(int socket_fd, int32_t word, int fd);
/* Does not wait; -1 if there is none. */
int message_receive_command(int socket_fd, int32_t *word, int *fd);

#endif
