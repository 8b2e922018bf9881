/*
 * Files in which the kernel takes a setting.
 */
#ifndef SANDBOX_FILE_H
#define SANDBOX_FILE_H

/* Writes all of a text at once, as such files want it. */
int write_file(int dir, const char *path, const char *text);

#endif
