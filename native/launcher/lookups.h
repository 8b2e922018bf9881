/*
 * What pid 1 does for whoever asks for names (lookups.c), and how it gets to know of them (witness.c).
 */
#ifndef SANDBOX_LOOKUPS_H
#define SANDBOX_LOOKUPS_H

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* Our own of the filter's answers, told by the data of the action (PolicyAction.cs); 0 is the policy's kill. */
#define WITNESS_SIGNAL (SECCOMP_RET_USER_NOTIF | 1u)
#define WITNESS_SOCKET (SECCOMP_RET_USER_NOTIF | 2u)

#define DNS_PORT 53
#define LOOKUPS_PAUSE_MS 4

struct job;
struct plan_step;

struct lookups {
	int port;	 /* on which we answer, or -1 */
	int on_demand;	 /* it is opened when the job makes a socket to ask with */
	uint32_t pieces; /* of work that the job may still cause, as of counted_at */
	uint64_t counted_at;
	uint64_t answers;
};

int step_lookups(struct job *job, const struct plan_step *step);
/* The capabilities that pid 1 keeps until lookups_raise. */
uint64_t lookups_privileges(const struct job *job);
void lookups_raise(struct job *job);
void lookups_answer(struct job *job);
/* 0: whatever the job wants of us has to wait for LOOKUPS_PAUSE_MS. */
int lookups_have_time(struct job *job);
size_t lookups_deny(unsigned char *query, size_t size);

/* device.c: 0, or -1 with nothing up */
int device_raise(void);

#endif
