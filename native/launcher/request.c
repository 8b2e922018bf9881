/*
 * A request from its message to who carries it out.
 */
#include "request.h"

#include "message.h"
#include "sys.h"

#include <stdlib.h>
#include <string.h>

void request_reset(struct request *request)
{
	memset(request, 0, offsetof(struct request, tree));
	request->plan_fd = request->channel = request->lifeline = -1;
	memset(request->sockets, -1, sizeof request->sockets);
}

int first_own_fd = USUAL_OWN_FD;

static int first_above(const struct plan *plan)
{
	uint64_t numbers = 0;

	for (uint32_t i = 0; i < plan->header->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		numbers |= step->kind == STEP_SESSION ? step->value[2] : step->kind == STEP_OPEN ? step->value[0] : 0;
	}
	return numbers >> USUAL_OWN_FD ? PLAN_LAST_PIPE + 1 : USUAL_OWN_FD;
}

int request_take(struct request *request, const int *fds, int count)
{
	if (plan_map(fds[FD_PLAN], &request->plan) < 0)
		return -1;
	if (request->plan.header->extra_fds != (uint32_t)(count - FD_EXTRA)) {
		plan_unmap(&request->plan);
		request->plan.header = NULL;
		errno = EBADMSG;
		return -1;
	}
	first_own_fd = first_above(&request->plan);
	request->plan_fd = fds[FD_PLAN];
	request->channel = fds[FD_CHANNEL];
	memcpy(request->stdio, &fds[FD_STDIN], sizeof request->stdio);
	memset(request->pipes, -1, sizeof request->pipes);
	memcpy(request->extra, &fds[FD_EXTRA], sizeof(int) * request->plan.header->extra_fds);
	for (uint32_t i = 0; i < request->plan.header->step_count; i++)
		request->tree[i] = -1;
	return 0;
}

void request_await(struct request *request)
{
	int fds[PLAN_MAX_FDS];
	int count = message_receive(request->lifeline, 0, fds);

	/* the launcher has checked and compared the plan; its end is ours */
	if (count < FD_EXTRA || request_take(request, fds, count) < 0)
		_exit(1);
}

void request_await_channel(struct request *request)
{
	int fds[PLAN_MAX_FDS];

	if (message_receive(request->lifeline, 0, fds) < FD_EXTRA)
		_exit(1);
	request->channel = fds[FD_CHANNEL];
}

int request_begin(struct request *request)
{
	int moved = lseek(request->plan_fd, 1, SEEK_SET) == 1 ? 0 : -1;

	close_fd(&request->plan_fd);
	return moved;
}

static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

void request_close_others(const struct request *request)
{
	static int kept[PLAN_MAX_STEPS + PLAN_MAX_FDS + OPENED_MAX + BARRIER_COUNT + 8];
	unsigned next = 0;
	size_t count = 0;

	kept[count++] = request->lifeline;
	if (request->channel >= 0) {
		kept[count++] = request->channel;
		kept[count++] = request->plan_fd;
		memcpy(kept + count, request->stdio, sizeof request->stdio);
		count += 3;
	}
	if (request->plan.header) {
		for (uint32_t i = 0; i < request->plan.header->extra_fds; i++)
			kept[count++] = request->extra[i];
		for (uint32_t i = 0; i < request->plan.header->step_count; i++)
			if (request->tree[i] >= 0)
				kept[count++] = request->tree[i];
		for (int i = 0; i < request->opened_count; i++)
			kept[count++] = request->opened[i].directory;
		for (int i = 0; i < BARRIER_COUNT; i++)
			if (request->sockets[i] >= 0)
				kept[count++] = request->sockets[i];
	}
	qsort(kept, count, sizeof *kept, compare);
	for (size_t i = 0; i < count; i++) {
		if ((unsigned)kept[i] > next)
			sys_close_range(next, (unsigned)kept[i] - 1, 0);
		next = (unsigned)kept[i] + 1;
	}
	sys_close_range(next, ~0u, 0);
}
