/*
 * One running job in the launcher.
 */
#ifndef SANDBOX_LIVE_H
#define SANDBOX_LIVE_H

#include "page.h"

#include <sys/types.h>

struct live {
	int channel;
	int lifeline;
	int pidfd;
	pid_t pid; /* to be told from what else the launcher reaps */
	int apart; /* these are of the process that opens the sources: pid 1 is yet to come */
	struct job_page *page;
	uint64_t wall_ns;
	uint64_t deadline; /* CLOCK_MONOTONIC; 0: none */
	enum deadline meaning;
	int started;
	int holds;	  /* pid 1 stays for the host to collect outputs */
	int holding;	  /* it does */
	int silent;	  /* nothing more will come from pid 1 */
	uint64_t signals; /* bit number - 1: to be passed on, once pid 1 listens and has room */
};

void job_close(struct live *live);
void job_destroy(const struct live *live);

/* its deadline has come; pid 1 is dead; the host said something or ended; pid 1 said something, or takes more */
void job_expire(struct live *live);
void job_gone(struct live *live);
void job_command(struct live *live);
void job_word(struct live *live);

/* pid 1 has come from the process apart; 0 if it has not */
int job_born(struct live *live);
void job_pass_signals(struct live *live);

#endif
