/*
 * Processes 1 that exist before their jobs: cloned into fresh namespaces while the launcher has nothing else to do, mapped,
 * and waiting. Those of a kind of jobs that came before also have the mounts that depend on no job (step_is_speculative), which
 * they have made or, where there is an original, been given as copies; a job has one only if its plan begins with the very
 * same steps. Each serves one job and dies with it, and nothing of any other job has ever been in it.
 */
#include "preforked.h"

#include "clock.h"
#include "message.h"
#include "sys.h"

#include <signal.h>
#include <sys/wait.h>

/*
 * The host's directories may be upgraded while one waits, and what is mounted on the host may not reach it: none is
 * used whose mounts are older than this.
 */
#define MAX_WAIT_NS 1000000000ull
/* Of a kind of which no job came for so long none is made any more. */
#define KEPT_NS 10000000000ull
/* An original costs what one job costs without it, and is of use for a second at most; another one is made in time. */
#define FAST_NS 500000000ull
#define AGED_NS 800000000ull

static struct kind *kind_at(struct preforked *preforked, int kind)
{
	return &preforked->kinds.of[kind];
}

static unsigned idle_of(const struct preforked *preforked, int kind)
{
	unsigned count = 0;

	for (int i = 0; i < PREFORKED_MAX; i++)
		count += waiting_is_idle(&preforked->waiting[i]) && preforked->waiting[i].kind == kind;
	return count;
}

/* Those that wait and the originals are counted together: each is a process. */
static int is_full(const struct preforked *preforked)
{
	unsigned count = originals_count(&preforked->originals);

	for (int i = 0; i < PREFORKED_MAX; i++)
		count += preforked->waiting[i].pid != 0;
	return count >= PREFORKED_MAX;
}

static struct waiting *free_place(struct preforked *preforked)
{
	for (int i = 0; i < PREFORKED_MAX && !is_full(preforked); i++)
		if (!preforked->waiting[i].pid)
			return &preforked->waiting[i];
	return NULL;
}

/* The kind that is shortest of them; -1 if none is missing. */
static int missing_kind(const struct preforked *preforked)
{
	const uint64_t now = now_ns();
	int missing = -1;
	unsigned most = 0;

	for (int kind = 0; kind <= KIND_PLAIN; kind++) {
		const struct kind *of = &preforked->kinds.of[kind];
		const unsigned idle = of->pause_end < now ? idle_of(preforked, kind) : of->wanted;

		if (of->wanted > idle && of->wanted - idle > most) {
			most = of->wanted - idle;
			missing = kind;
		}
	}
	return missing;
}

/* Of an original; NULL if none is free, or there is no room. */
static struct waiting *copy(struct preforked *preforked, int kind)
{
	const int paused = kind_at(preforked, kind)->copies_pause_end >= now_ns();
	struct original *original = paused ? NULL : originals_free(&preforked->originals, kind, MAX_WAIT_NS);
	struct waiting *place = original ? free_place(preforked) : NULL;

	return place && waiting_copy(place, &preforked->kinds, kind, original) == 0 ? place : NULL;
}

void preforked_begin(struct preforked *preforked, const struct plan *beginning)
{
	struct kind expected = { .wanted = 1, .used = now_ns() };
	int kind = KIND_PLAIN;

	if (beginning && template_suits(beginning) && template_copy(beginning, &expected.plan) == 0)
		kind = 0;
	*kind_at(preforked, kind) = expected;
}

/* As real root every job has another id outside: nothing can be mapped ahead. */
int preforked_renew(struct preforked *preforked, struct request *request)
{
	struct waiting *place = free_place(preforked);
	int kind;

	if (preforked->disabled || geteuid() == 0 || !place || (kind = missing_kind(preforked)) < 0)
		return 0;
	if (!copy(preforked, kind))
		waiting_make(place, &preforked->kinds, kind, request);
	return missing_kind(preforked) >= 0;
}

void preforked_renew_originals(struct preforked *preforked, struct request *request)
{
	for (int kind = 0; kind < KINDS_MAX; kind++) {
		struct kind *of = kind_at(preforked, kind);

		if (!of->lacking)
			continue;
		of->lacking = 0;
		if (is_full(preforked) || originals_are_coming(&preforked->originals, kind) ||
		    originals_of(&preforked->originals, kind) >= PREFORKED_KIND_MAX)
			continue;
		originals_make(&preforked->originals, &preforked->kinds, kind, request);
	}
}

/* An id map or a mount that this host refuses: the job's own pid 1 will say so. */
static void give_up(struct preforked *preforked, struct waiting *waiting)
{
	if (waiting->copied)
		kinds_pause_copies(kind_at(preforked, waiting->kind));
	else
		kinds_pause(kind_at(preforked, waiting->kind));
	preforked->disabled |= waiting->kind == KIND_PLAIN;
	waiting_let_go(waiting);
}

/* The first copy of a kind shows whether they can be had; no job depends on that. */
static int is_usable(struct preforked *preforked, const struct waiting *waiting)
{
	struct kind *kind = kind_at(preforked, waiting->kind);

	if (waiting->copied && !kind->proven)
		kind->proven = __atomic_load_n(&waiting->page->copied, __ATOMIC_ACQUIRE) != 0;
	return !waiting->copied || kind->proven;
}

/* The oldest that is not too old is the likeliest to be ready. */
static struct waiting *choose(struct preforked *preforked, int kind, int copies)
{
	const uint64_t now = now_ns();
	struct waiting *chosen = NULL;

	for (int i = 0; i < PREFORKED_MAX; i++) {
		struct waiting *waiting = &preforked->waiting[i];

		if (!waiting_is_idle(waiting) || waiting->kind != kind || (waiting->copied && !copies))
			continue;
		if (__atomic_load_n(&waiting->page->error, __ATOMIC_RELAXED))
			give_up(preforked, waiting);
		else if (now - waiting->born > MAX_WAIT_NS)
			waiting_let_go(waiting);
		else if (is_usable(preforked, waiting) && (!chosen || waiting->born < chosen->born))
			chosen = waiting;
	}
	return chosen;
}

/* A job came for which one might have been there. */
static struct waiting *choose_of(struct preforked *preforked, int kind, int copies)
{
	struct waiting *waiting = choose(preforked, kind, copies);
	struct kind *of = kind_at(preforked, kind);
	const unsigned most = kind == KIND_PLAIN ? 1 : PREFORKED_KIND_MAX;

	of->used = now_ns();
	if (!waiting && of->wanted < most)
		of->wanted++;
	return waiting;
}

static struct waiting *choose_of_kind(struct preforked *preforked, int kind, const struct plan *plan, const int *fds)
{
	struct kind *of = kind_at(preforked, kind);
	const uint64_t now = now_ns();
	const int copies = kinds_may_copy(of, plan, fds), fast = now - of->used < FAST_NS;
	struct waiting *waiting = choose_of(preforked, kind, copies);

	if (!waiting && copies && of->proven)
		waiting = copy(preforked, kind);
	of->lacking |= copies && fast && (!waiting || !waiting->copied || now - waiting->born > AGED_NS);
	return waiting;
}

pid_t preforked_take(struct preforked *preforked, struct request *request, const int *fds, int count, int *pidfd)
{
	struct waiting *waiting = NULL;
	pid_t pid;
	int kind;

	if (!template_suits(&request->plan))
		return 0;
	kind = kinds_find(&preforked->kinds, &request->plan);
	if (kind >= 0)
		waiting = choose_of_kind(preforked, kind, &request->plan, fds);
	if (!waiting)
		waiting = choose_of(preforked, KIND_PLAIN, 0);
	if (!waiting)
		return 0;
	if (message_send(waiting->lifeline, fds, count) < 0) {
		kinds_pause(kind_at(preforked, waiting->kind));
		waiting_let_go(waiting);
		return 0;
	}
	waiting->page->stamps[STAMP_RECEIVED] = request->page->stamps[STAMP_RECEIVED];
	page_drop(request->page);
	request->page = waiting->page;
	request->lifeline = waiting->lifeline;
	*pidfd = waiting->pidfd;
	pid = waiting->pid;
	waiting->pid = 0;
	return pid;
}

static void forget(struct preforked *preforked, int kind)
{
	for (int i = 0; i < PREFORKED_MAX; i++)
		if (waiting_is_idle(&preforked->waiting[i]) && preforked->waiting[i].kind == kind)
			waiting_let_go(&preforked->waiting[i]);
	originals_forget(&preforked->originals, kind);
	kinds_clear(kind_at(preforked, kind));
}

/* A kind is known from its first job on, and prepared for from its second on: most plans that differ come once. */
void preforked_learn(struct preforked *preforked, const struct plan *plan)
{
	int oldest;

	if (!template_suits(plan) || geteuid() == 0 || kinds_find(&preforked->kinds, plan) >= 0)
		return;
	oldest = kinds_oldest(&preforked->kinds);
	if (kind_at(preforked, oldest)->plan.header)
		forget(preforked, oldest);
	kinds_set(kind_at(preforked, oldest), plan);
}

void preforked_drop(struct preforked *preforked, struct job_page *page)
{
	if (!originals_take_back(&preforked->originals, page, page->left_nothing != 0))
		page_drop(page);
}

void preforked_wait(const struct preforked *preforked, struct pollfd *events)
{
	for (int i = 0; i < PREFORKED_MAX; i++)
		events[i] = (struct pollfd){ .fd = preforked->waiting[i].pid ? preforked->waiting[i].pidfd : -1, .events = POLLIN };
	originals_wait(&preforked->originals, events + PREFORKED_MAX);
}

static void reap(struct preforked *preforked, struct waiting *waiting)
{
	if (!waiting->dying)
		kinds_pause(kind_at(preforked, waiting->kind));
	syscall(SYS_waitid, P_PIDFD, waiting->pidfd, NULL, WEXITED | WNOHANG, NULL);
	close(waiting->lifeline);
	close(waiting->pidfd);
	preforked_drop(preforked, waiting->page);
	waiting->pid = 0;
}

/* As many as are used within a second are wanted. */
static void expire(struct preforked *preforked, struct waiting *waiting)
{
	struct kind *kind = kind_at(preforked, waiting->kind);

	if (kind->wanted > 1)
		kind->wanted--;
	if (now_ns() - kind->used > KEPT_NS)
		kind->wanted = 0;
	waiting_let_go(waiting);
}

/* One of a kind that is not proven yet is tried while no job depends on it. */
static void prove(struct preforked *preforked)
{
	for (int kind = 0; kind < KINDS_MAX; kind++)
		if (kind_at(preforked, kind)->copied && !kind_at(preforked, kind)->proven)
			copy(preforked, kind);
}

void preforked_serve(struct preforked *preforked, const struct pollfd *events)
{
	const uint64_t now = now_ns();

	for (int i = 0; i < PREFORKED_MAX; i++) {
		struct waiting *waiting = &preforked->waiting[i];

		if (waiting->pid && events[i].fd == waiting->pidfd && events[i].revents)
			reap(preforked, waiting);
		else if (waiting_is_idle(waiting) && now - waiting->born > MAX_WAIT_NS)
			expire(preforked, waiting);
	}
	originals_serve(&preforked->originals, events + PREFORKED_MAX, &preforked->kinds, MAX_WAIT_NS);
	prove(preforked);
}

uint64_t preforked_deadline(const struct preforked *preforked)
{
	uint64_t earliest = originals_oldest(&preforked->originals);

	for (int i = 0; i < PREFORKED_MAX; i++) {
		const struct waiting *waiting = &preforked->waiting[i];

		if (waiting_is_idle(waiting) && (!earliest || waiting->born < earliest))
			earliest = waiting->born;
	}
	return earliest ? earliest + MAX_WAIT_NS + 1 : 0;
}

int preforked_has(const struct preforked *preforked, pid_t pid)
{
	for (int i = 0; i < PREFORKED_MAX; i++)
		if (preforked->waiting[i].pid == pid)
			return 1;
	return originals_have(&preforked->originals, pid);
}

void preforked_end(struct preforked *preforked)
{
	for (int i = 0; i < PREFORKED_MAX; i++)
		if (waiting_is_idle(&preforked->waiting[i]))
			waiting_let_go(&preforked->waiting[i]);
	originals_end(&preforked->originals);
}
