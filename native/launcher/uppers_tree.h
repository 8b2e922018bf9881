/*
 * Upper sides of overlays that are kept on a disk: their size, and their removal (uppers_tree.c).
 */
#ifndef SANDBOX_UPPERS_TREE_H
#define SANDBOX_UPPERS_TREE_H

#include <stdint.h>

struct upper_use {
	uint64_t bytes;
	uint64_t inodes; /* UINT64_MAX: it lies deeper than there are descriptors to look with */
};

/* What lies in a directory, each file once however many names it has; counting ends once it is more than `most` inodes. */
int upper_count(int directory, uint64_t most, struct upper_use *use);

/* Empties a directory; 0 once nothing is left in it. */
int upper_remove(int directory);

#endif
