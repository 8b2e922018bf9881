/*
 * Bind sources that the job's id could not reach: real root opens them before pid 1 is there.
 */
#include "sources.h"

#include "bind.h"
#include "owner.h"
#include "sys.h"

#include <limits.h>
#include <string.h>

static const struct opened *opened_already(const struct request *request, const char *path, size_t length)
{
	for (const struct opened *opened = request->opened; opened < request->opened + request->opened_count;
	     opened++)
		if (opened->length == length && memcmp(opened->path, path, length) == 0)
			return opened;
	return NULL;
}

/*
 * The job's id may not be able to reach the store, and a thousand files of it need no more than its directory: pid 1 looks
 * below it (view.c).
 */
static int open_directory(struct request *request, const struct plan_step *step)
{
	const char *path = plan_text(&request->plan, step->a);
	const size_t length = (size_t)step->value[0];
	struct opened *opened = &request->opened[request->opened_count];
	char directory[PATH_MAX];

	if (opened_already(request, path, length))
		return 0;
	if (request->opened_count == OPENED_MAX || length >= PATH_MAX) {
		errno = E2BIG;
		return -1;
	}
	memcpy(directory, path, length);
	directory[length] = 0;
	*opened = (struct opened){ path, length, bind_open_one(directory, STEP_FLAG_READ_ONLY) };
	if (opened->directory < 0)
		return -1;
	request->opened_count++;
	return 0;
}

/*
 * Sources below directories that the job's id may not enter are opened while we are still root
 * (open_tree(2)); an absent optional one is left for pid 1 to report. A root without CAP_SYS_ADMIN,
 * as in a container, cannot do that: pid 1 then opens what its own id can reach.
 */
int sources_open(struct request *request)
{
	const struct plan *plan = &request->plan;

	for (uint32_t i = 0; i < plan->header->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		request->page->doing = i;
		if (step->kind == STEP_LAYER || step->kind == STEP_OVERLAY || step->kind == STEP_UPPERS)
			request->tree[i] = sys_open_tree(AT_FDCWD, plan_text(plan, step->a),
							 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (step->kind != STEP_BIND && step->kind != STEP_BIND_FILE && step->kind != STEP_STDIN)
			continue;
		if (step->flags & STEP_FLAG_STORED) {
			if (open_directory(request, step) == 0)
				continue;
			if (errno == EPERM)
				return 0;
			request->page->step = (int32_t)i;
			return -1;
		}
		request->tree[i] = bind_open_source(plan_text(plan, step->a), step);
		if (request->tree[i] < 0 && errno == EPERM)
			return 0;
		if (request->tree[i] < 0 && errno == ENOENT && (step->flags & STEP_FLAG_OPTIONAL))
			continue;
		if (request->tree[i] < 0 || (step->kind == STEP_BIND && owner_show(plan, step, request->tree[i]) < 0)) {
			request->page->step = (int32_t)i;
			return -1;
		}
	}
	return 0;
}
