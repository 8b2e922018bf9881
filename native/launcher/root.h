/*
 * The job's root and what goes into it, while pid 1 makes it of a plan. No other process ever sees it.
 */
#ifndef SANDBOX_ROOT_H
#define SANDBOX_ROOT_H

#include "lookups.h"
#include "request.h"

#include <sys/types.h>

#define OWN_DEVICES_MAX 64
#define VIEWS_MAX 32
#define UPPERS_MAX 16
#define PARENTS_MAX 8

struct root {
	struct request *request;
	const struct plan *plan; /* of the request, as is the page */
	struct job_page *page;
	int copied; /* its mounts are copies of those of an original (copied.c) */
	int mapped; /* the maps that STEP_IDENTITY is for were written ahead */
	int mount;  /* the root itself */
	int scratch;
	int upper_directory; /* on a disk, for the upper sides of writable overlays; -1: they are in the scratch */
	int proc;	  /* a full procfs of the job's pid namespace, whatever the job gets to see */
	int sysctls;	  /* /proc/sys of it, writable */
	int pts;	  /* the devpts instance */
	int sockets;	  /* of the job's network namespace, if it tells of its sockets */
	int null;	  /* the job's own /dev/null, for reading */
	dev_t own
		[OWN_DEVICES_MAX]; /* file systems made for this job: mount points may be created only here */
	int own_count;
	int tmpfs[STARTED_TMPFS_MAX];
	int tmpfs_count;
	int netlink_skipped; /* the last STEP_NETLINK that stands by itself */
	int ports[STARTED_PORTS_MAX]; /* in the order of their steps; -1: skipped */
	int port_count;
	int overlays;
	int lowers;		     /* opened ahead */
	int layers[PLAN_MAX_LAYERS]; /* of the root, topmost first; closed once it is mounted */
	int layer_count;
	int layered; /* the root is an overlay, on top of its tmpfs */
	int writable;
	int uppers[UPPERS_MAX]; /* locked directories of the user, which keep the upper sides of overlays */
	int upper_count;
	struct view {
		const char *path; /* a prefix of a word of the plan */
		size_t length;
		uint64_t inode; /* that it has to be; 0: any */
		int made;
		int mount;  /* -1: this one cannot be had */
		int shared; /* it is no overlay, and shows the host's inodes */
	} views[VIEWS_MAX];
	int view_count;
	struct parent {
		const char *path; /* of a word of the plan; NULL: none */
		size_t length;
		int fd;
		int own;	/* it may be changed */
	} parents[PARENTS_MAX]; /* of the last targets */
	unsigned oldest_parent;
	int directories;
	int hidden_files;
	int optional_steps; /* so far */
	struct lookups lookups;
};

void root_begin(struct root *root, struct request *request);

/* Has the host told that an optional step, which is the last one so far, was skipped. */
void root_skip(struct root *root);

#endif
