/*
 * Paths below the new root, no component of which may be a symbolic link.
 */
#ifndef SANDBOX_TARGET_H
#define SANDBOX_TARGET_H

#include "root.h"

#include <sys/types.h>

int target_find(const struct root *root, const char *path);
int target_exists(const struct root *root, const char *path);
int target_attach(struct root *root, int tree, const char *path, mode_t type);
struct parent *target_parent(struct root *root, const char *path, const char **name);
int target_directory(struct root *root, const char *path);
int target_mount(struct root *root, int tree, const struct parent *parent, const char *name,
		 const char *path);
int target_cover(struct root *root, int tree, const char *path, int target);
int target_claim(struct root *root, int fd);

#endif
