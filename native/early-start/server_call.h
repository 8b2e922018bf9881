#ifndef SERVER_CALL_H
#define SERVER_CALL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The client's half of what goes over a job host's second socket, its path with SUFFIX behind it;
 * src/Sandbox.Server/Handover/HandoverProtocol.cs has the other half.
 */
#define SUFFIX ".exec"

/* What the server answers. */
#define ACCEPTED 'A'
#define BY_YOURSELF 'B'
#define NOT_TAKEN 'N'
#define RESULT 'R'
#define STARTED 'T' /* only where the streams were handed over, and before any other answer */

/* What it is told. */
#define GO 'G'
#define CANCEL 'C'
#define SIGNAL 'S'

/* It did not answer, or not in time: nothing was started. */
#define NO_ANSWER '-'
/* Nobody listens. */
#define NOBODY '0'
/* The connection ended after GO: the job may have run. */
#define LOST 'L'

/* struct job_request, flags. */
#define PRETTY 1u
#define NAMED_FROM_DIRECTORY 2u /* what is collected below the directory has its name from there in the result */

struct job_request {
	const int *streams;    /* the three standard ones of the job that are "inherit"; NULL for none */
	const char *directory; /* absolute: where relative paths of the job start */
	const char *job;
	uint32_t job_bytes;
	uint32_t flags;
	const char *result;    /* absolute: the file that the server writes the result to; NULL: it comes in the answer */
	uint32_t result_given; /* where in it begins what the caller said, which is what messages have */
};

struct job_answer {
	char *result; /* pages of its own: sandbox_free_answer gives them back; of one that is for a file, only why it is not there, in a sentence */
	uint32_t bytes;
	int32_t status;		/* the exit status of `sandbox exec` */
	int32_t has_no_program; /* the job's command was not found */
	int *has_started;	/* set to 1 once the job runs; NULL for nobody who asks */
};

/* Whoever may have something to say to the server while the result is awaited: descriptor is polled, and take called when it is readable. */
struct listener {
	int descriptor;
	void (*take)(struct listener *self, int connection);
};

/* A connection; -errno: nobody listens. The peer is not known yet. */
int server_connect(const char *path);

/* Sends all of it, or fails within a time: nothing was started, or nobody reads any more. */
int server_send(int connection, const void *bytes, size_t size);

/* Asks who listens and hands the job over: ACCEPTED, BY_YOURSELF, NOT_TAKEN or NO_ANSWER. Nothing is started before server_follow. */
char server_offer(int connection, const struct job_request *request);

/* Lets the job start and waits for its result: RESULT; BY_YOURSELF or NOT_TAKEN if it was not started; LOST. */
char server_follow(int connection, struct listener *listener, struct job_answer *answer);

/*
 * All of it, for managed code: any of the answers, or NOBODY. What can be read of messages, a pipe, goes to the server as it
 * is: CANCEL, or SIGNAL and a number of signal(7).
 */
char sandbox_call_server(const char *server, const struct job_request *request, int messages,
			 struct job_answer *answer);
void sandbox_free_answer(struct job_answer *answer);

#endif
