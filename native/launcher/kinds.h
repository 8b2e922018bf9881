/*
 * Kinds of jobs, by what their plans begin with, for which something is prepared.
 */
#ifndef SANDBOX_KINDS_H
#define SANDBOX_KINDS_H

#include "template.h"

#define KINDS_MAX 8
/* Of all kinds: processes that are mapped, and no more. */
#define KIND_PLAIN KINDS_MAX

struct kind {
	struct plan plan; /* its beginning; no header: none */
	uint64_t used;
	uint64_t pause_end; /* one could not be prepared */
	unsigned wanted;
	int copied;	/* it can be made of copies, and may be */
	int proven;	/* one has been, and all was well */
	int lacking;	/* another original would have been of use */
	uint64_t copies_pause_end;
};

struct kinds {
	struct kind of[KINDS_MAX + 1];
};

/* The kind of a job that begins with this plan, or -1. */
int kinds_find(const struct kinds *kinds, const struct plan *plan);

/* The place of the kind that was used the longest time ago: for another one. */
int kinds_oldest(const struct kinds *kinds);
void kinds_set(struct kind *kind, const struct plan *plan);
void kinds_clear(struct kind *kind);

/* Whether a job of it may have copied mounts, by its plan and the descriptors of its message. */
int kinds_may_copy(const struct kind *kind, const struct plan *plan, const int *fds);

/* In a child that is for jobs of one kind: what it has of the others from being cloned. */
void kinds_give_up_others(const struct kinds *kinds, int own);

/* Nothing of it is prepared for a while: it was killed, by whomever, or cannot be: for want of memory, say. */
void kinds_pause(struct kind *kind);
void kinds_pause_copies(struct kind *kind);

#endif
