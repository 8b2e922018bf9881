/*
 * The originals that a launcher keeps, and which of them are free.
 */
#ifndef SANDBOX_ORIGINALS_H
#define SANDBOX_ORIGINALS_H

#include "kinds.h"
#include "request.h"

#include <poll.h>
#include <sys/types.h>

#define ORIGINALS_MAX 8

struct originals {
	struct original {
		pid_t pid; /* 0: none */
		int pidfd;
		int socket;
		int kind;
		int ready; /* its mounts are made */
		int lent;  /* to a process 1, whose page this is as well */
		int dying;
		uint64_t born;
		struct job_page *page;
	} of[ORIGINALS_MAX];
};

/* Begins to make one, if there is room; if it cannot be, the kind's copies pause. */
void originals_make(struct originals *originals, struct kinds *kinds, int kind, struct request *request);

unsigned originals_count(const struct originals *originals);
unsigned originals_of(const struct originals *originals, int kind);
int originals_are_coming(const struct originals *originals, int kind);

/* The youngest free one, if it is not older than `longest_ns`; or NULL. */
struct original *originals_free(struct originals *originals, int kind, uint64_t longest_ns);

/* A process 1 cloned from it, which waits for its job at `*lifeline`: its number, or -1 and the original is no more. */
pid_t originals_clone(struct original *original, int *lifeline, int *pidfd);

/* The process 1 that had this page is reaped, and its job left nothing behind or may have. 0 if the page is none of an original. */
int originals_take_back(struct originals *originals, struct job_page *page, int left_nothing);

void originals_let_go(struct original *original);
void originals_forget(struct originals *originals, int kind);

/* What to wait for, 2 * ORIGINALS_MAX entries, and what is to be done about it. */
void originals_wait(const struct originals *originals, struct pollfd *events);
void originals_serve(struct originals *originals, const struct pollfd *events, struct kinds *kinds, uint64_t longest_ns);

/* When the oldest was begun; 0: there is none. */
uint64_t originals_oldest(const struct originals *originals);

int originals_have(const struct originals *originals, pid_t pid);
void originals_end(struct originals *originals);

#endif
