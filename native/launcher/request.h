/*
 * What is asked for: the launcher (L) fills it from a job message, pid 1 (I) and the payload (P) inherit it by fork. No
 * string and no pointer of it ever comes from a job.
 */
#ifndef SANDBOX_REQUEST_H
#define SANDBOX_REQUEST_H

#include "page.h"
#include "plan.h"

/*
 * The job may set RLIMIT_NOFILE as low as it likes: our own descriptors stay out of its way, above all that it has from its start. Most jobs have
 * none of the higher numbers, and the caller's hard limit may be below those.
 */
#define USUAL_OWN_FD 16
#define FIRST_OWN_FD first_own_fd
extern int first_own_fd; /* of the job that was taken last: in pid 1 and the payload, their own */
#define OPENED_MAX 32

struct request {
	struct plan plan;
	struct job_page *page;
	int plan_fd;  /* until the payload is cloned: see request_begin */
	int channel;  /* to the host: I and L write, only L reads */
	int lifeline; /* L and I hold one end each */
	int stdio[3];
	int pipes[PLAN_LAST_PIPE + 1]; /* by their numbers in the job, from PLAN_FIRST_PIPE on; I opens them out of `extra`, else -1 */
	int extra[PLAN_MAX_FDS];
	/* as real root, directories of the store that L has opened: a thousand files need no more */
	struct opened {
		const char *path; /* a prefix of a word of the plan */
		size_t length;
		int directory;
	} opened[OPENED_MAX];
	int opened_count;
	int sockets[BARRIER_COUNT]; /* of STEP_JOIN_NETWORK, made by who clones I, which hands them up at its barrier; else -1 */
	uint64_t joined; /* CLONE_NEW* of what STEP_JOIN_NETWORK has joined or made: who clones I is in it */
	int below_holder; /* the user namespace that I's own is made in is a holder's, whose root the caller is */
	int tree[PLAN_MAX_STEPS]; /* sources that L has opened as real root, else -1 */
};

void request_reset(struct request *request);

/* Maps the plan of a message and names its descriptors; they stay the caller's to close. */
int request_take(struct request *request, const int *fds, int count);

/* In a process that is there before its job: waits for the message at the lifeline, and ends when there will be none. */
void request_await(struct request *request);

/* The same for one that has failed meanwhile, and needs no more than somebody to tell. */
void request_await_channel(struct request *request);

/*
 * From here on something of the job may run. The host, which has the same open file description, sees that by its offset
 * (lseek(2)) where a launcher that died can tell it no more, and nobody has to wake up for it.
 */
int request_begin(struct request *request);

/* Everything of the launcher and of its other jobs is closed in a child before it does anything. */
void request_close_others(const struct request *request);

#endif
