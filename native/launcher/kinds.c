#include "kinds.h"

#include "clock.h"
#include "copied.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#define PAUSE_NS 5000000000ull

int kinds_find(const struct kinds *kinds, const struct plan *plan)
{
	for (int kind = 0; kind < KINDS_MAX; kind++)
		if (kinds->of[kind].plan.header && template_begins(&kinds->of[kind].plan, plan))
			return kind;
	return -1;
}

int kinds_oldest(const struct kinds *kinds)
{
	int oldest = 0;

	for (int kind = 1; kind < KINDS_MAX; kind++)
		if (kinds->of[kind].used < kinds->of[oldest].used)
			oldest = kind;
	return oldest;
}

void kinds_set(struct kind *kind, const struct plan *plan)
{
	*kind = (struct kind){ .used = now_ns() };
	if (template_copy(plan, &kind->plan) < 0)
		kind->plan.header = NULL;
	else
		kind->copied = copied_can_be(&kind->plan);
}

void kinds_clear(struct kind *kind)
{
	if (kind->plan.header)
		template_free(&kind->plan);
	*kind = (struct kind){ 0 };
}

static int is_socket(int fd)
{
	struct stat status;

	return fstat(fd, &status) < 0 || S_ISSOCK(status.st_mode);
}

/* A descriptor that left the job would be open when its root is the next job's (leftover.c). */
int kinds_may_copy(const struct kind *kind, const struct plan *plan, const int *fds)
{
	return kind->copied && kind->copies_pause_end < now_ns() && copied_suits(&kind->plan, plan) && !is_socket(fds[FD_STDIN]) &&
	       !is_socket(fds[FD_STDOUT]) && !is_socket(fds[FD_STDERR]);
}

void kinds_pause(struct kind *kind)
{
	kind->pause_end = now_ns() + PAUSE_NS;
}

void kinds_pause_copies(struct kind *kind)
{
	kind->proven = 0;
	kind->copies_pause_end = now_ns() + PAUSE_NS;
}

void kinds_give_up_others(const struct kinds *kinds, int own)
{
	for (int kind = 0; kind < KINDS_MAX; kind++)
		if (kind != own && kinds->of[kind].plan.header)
			template_free(&kinds->of[kind].plan);
	/* the host counts them by this name */
	prctl(PR_SET_NAME, "waiting", 0, 0, 0);
}
