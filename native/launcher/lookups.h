/*
 * What pid 1 does for whoever asks for names.
 */
#ifndef SANDBOX_LOOKUPS_H
#define SANDBOX_LOOKUPS_H

#include "plan.h"

#include <linux/seccomp.h>

/* Our own of the filter's answers, told by the data of the action (PolicyAction.cs); 0 is the policy's kill. */
#define WITNESS_SIGNAL (SECCOMP_RET_USER_NOTIF | 1u)
#define WITNESS_SOCKET (SECCOMP_RET_USER_NOTIF | 2u)

#define LOOKUPS_PAUSE_MS 4

struct lookups {
	int port;	 /* on which we answer, or -1 */
	int on_demand;	 /* it is opened when the job makes a socket to ask with */
	uint32_t pieces; /* of work that the job may still cause, as of counted_at */
	uint64_t counted_at;
	uint64_t answers;
};

int lookups_begin(struct lookups *lookups, int on_demand);
/* The capabilities that pid 1 keeps until lookups_raise. */
uint64_t lookups_privileges(const struct lookups *lookups, const struct plan *plan);
void lookups_raise(struct lookups *lookups);
void lookups_answer(struct lookups *lookups);
/* 0: whatever the job wants of us has to wait for LOOKUPS_PAUSE_MS. */
int lookups_have_time(struct lookups *lookups);

#endif
