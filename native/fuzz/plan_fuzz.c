/*
 * libFuzzer target for the plan reader: whatever plan_check accepts must be safe to walk, every word
 * of it terminated and every offset in bounds, which the address sanitizer holds it to.
 */
#include "../launcher/plan.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

static volatile size_t sink;

static void read_words(const struct plan *plan, uint32_t offset, uint64_t count)
{
	for (; count > 0; count--) {
		size_t length = strlen(plan_text(plan, offset));

		sink += length;
		offset += (uint32_t)length + 1;
	}
}

static void read_blob(const struct plan *plan, uint64_t offset, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		sink += plan->blob[offset + i];
}

/* As the launcher counts them: every length is of a whole message, and the last one ends where the blob does. */
static void read_messages(const struct plan *plan, const struct plan_step *step)
{
	uint64_t at = step->value[1], end = at + step->value[2];
	uint32_t length;

	if (!(plan->header->namespaces & CLONE_NEWNET))
		abort();
	read_blob(plan, step->value[1], step->value[2]);
	while (at < end) {
		memcpy(&length, plan->blob + at, sizeof length);
		if (length < 16 || length % 4 != 0)
			abort();
		at += length;
	}
	if (at != end)
		abort();
}

static void walk(const struct plan *plan)
{
	int ports = 0;

	for (uint32_t i = 0; i < plan->header->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];

		sink += strlen(plan_text(plan, step->a)) + strlen(plan_text(plan, step->b));
		if (step->fd >= (int32_t)plan->header->extra_fds)
			abort();
		if (step->kind == STEP_FILE && step->fd < 0)
			read_blob(plan, step->value[1], step->value[2]);
		if (step->kind == STEP_OVERLAY)
			read_words(plan, step->a, step->value[0]);
		if (step->kind == STEP_SECCOMP)
			read_blob(plan, step->value[0], step->value[1]);
		if (step->kind == STEP_NETLINK)
			read_messages(plan, step);
		if (step->kind == STEP_LISTEN && ++ports > STARTED_PORTS_MAX)
			abort();
		if (step->kind == STEP_EXEC) {
			read_words(plan, step->a, step->value[0]);
			read_words(plan, step->b, step->value[1]);
		}
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	/* malloc aligns as a mapping does, and ends where the plan ends: one byte too far is found */
	unsigned char *copy = malloc(size ? size : 1);
	struct plan plan;

	memcpy(copy, bytes, size);
	if (plan_check(copy, size, &plan) == 0) {
		walk(&plan);
		if (plan.steps[plan.header->step_count - 1].kind != STEP_EXEC)
			abort();
	}
	if (plan_check_beginning(copy, size, &plan) == 0)
		walk(&plan);
	free(copy);
	return 0;
}
