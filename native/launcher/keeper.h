/*
 * Who looks after upper sides on a disk.
 */
#ifndef SANDBOX_KEEPER_H
#define SANDBOX_KEEPER_H

#include "request.h"

int keeper_start(const struct request *request);

struct upper_report {
	uint64_t bytes;
	uint64_t inodes;
	uint64_t grown;	    /* by how much the whole file system has filled since the first look */
	uint64_t available; /* that it has left */
};

#endif
