/*
 * What the plans of jobs of one kind have in common at their beginning, and may be done before there is a job.
 */
#ifndef SANDBOX_TEMPLATE_H
#define SANDBOX_TEMPLATE_H

#include "request.h"

#include <sched.h>

/* What a job gets that asks for nothing special: for no other is anything prepared. */
#define USUAL_NAMESPACES                                                                                     \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
int template_suits(const struct plan *plan);

/* A copy of the steps that may be made ahead (step_is_speculative), of their words, and of nothing else. 0, or -1 if that is too much. */
int template_copy(const struct plan *plan, struct plan *template);
void template_free(const struct plan *template);

/* Asks for those steps. */
void template_request(const struct plan *template, struct request *request);

/* Whether a plan begins with the very same steps. */
int template_begins(const struct plan *template, const struct plan *plan);

#endif
