/*
 * The beginning of a plan, kept for jobs to come. A plan is also the files, the arguments and the environment of its job:
 * the process that waits for another one must have none of that in its memory, so only steps, paths and what the sandbox generates
 * (/etc/passwd) are copied.
 */
#include "template.h"

#include "steps.h"
#include "sys.h"

#include <string.h>
#include <sys/mman.h>

#define LARGEST (64u << 10)

int template_suits(const struct plan *plan)
{
	const struct plan_header *header = plan->header;

	return !plan_find(plan, STEP_JOIN_NETWORK) && header->namespaces == USUAL_NAMESPACES && header->host_uid == geteuid() && header->host_gid == getegid() &&
	       !(header->flags & (PLAN_STRICT | PLAN_FOREIGN_IDS | PLAN_SUB_IDS));
}

static uint32_t common_steps(const struct plan *plan)
{
	uint32_t count = 0;

	/* ends at the latest with the step for execve, which every plan has */
	while (step_is_speculative(&plan->steps[count]))
		count++;
	return count;
}

static uint32_t word_size(const struct plan *plan, uint32_t offset)
{
	return (uint32_t)strlen(plan_text(plan, offset)) + 1;
}

/* Offset 0 is the empty word. */
static uint32_t copy_word(const struct plan *plan, uint32_t offset, char *text, uint32_t *used)
{
	uint32_t size = word_size(plan, offset), at = *used;

	if (size == 1)
		return 0;
	memcpy(text + at, plan_text(plan, offset), size);
	*used += size;
	return at;
}

/* Of a file. */
static uint64_t bytes_of(const struct plan_step *step)
{
	return step->kind == STEP_FILE ? step->value[2] : 0;
}

int template_copy(const struct plan *plan, struct plan *template)
{
	const uint32_t count = common_steps(plan), fixed = (uint32_t)(sizeof(struct plan_header) + (count + 1) * sizeof(struct plan_step));
	struct plan_header *header;
	struct plan_step *steps;
	uint64_t size = fixed + 1;
	uint32_t used = 1;

	for (uint32_t i = 0; i < count; i++)
		size += word_size(plan, plan->steps[i].a) + word_size(plan, plan->steps[i].b) + bytes_of(&plan->steps[i]);
	if (size > LARGEST)
		return -1;
	header = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (header == MAP_FAILED)
		return -1;
	*header = *plan->header;
	header->size = (uint32_t)size;
	header->step_count = count;
	header->extra_fds = 0;
	steps = (struct plan_step *)(header + 1);
	*template = (struct plan){ .header = header, .steps = steps, .text = (const char *)header + fixed, .blob = (const unsigned char *)header };
	for (uint32_t i = 0; i < count; i++) {
		steps[i] = plan->steps[i];
		steps[i].a = copy_word(plan, plan->steps[i].a, (char *)header + fixed, &used);
		steps[i].b = copy_word(plan, plan->steps[i].b, (char *)header + fixed, &used);
		if (plan->steps[i].kind == STEP_FILE) {
			memcpy((char *)header + fixed + used, plan->blob + plan->steps[i].value[1], plan->steps[i].value[2]);
			steps[i].value[1] = fixed + used;
			used += (uint32_t)plan->steps[i].value[2];
		}
	}
	/* where who carries them out stops */
	steps[count] = (struct plan_step){ .kind = STEP_EXEC, .phase = PHASE_COUNT, .fd = -1 };
	return mprotect(header, size, PROT_READ);
}

void template_free(const struct plan *template)
{
	munmap((void *)(uintptr_t)template->header, template->header->size);
}

void template_request(const struct plan *template, struct request *request)
{
	request->plan = *template;
	for (uint32_t i = 0; i < template->header->step_count; i++)
		request->tree[i] = -1;
}

/* Where the bytes of a file are is no difference. */
static int same_values(const struct plan *one, const struct plan_step *left, const struct plan *other, const struct plan_step *right)
{
	if (left->kind != STEP_FILE)
		return memcmp(left->value, right->value, sizeof left->value) == 0;
	return left->value[0] == right->value[0] && left->value[2] == right->value[2] &&
	       memcmp(one->blob + left->value[1], other->blob + right->value[1], left->value[2]) == 0;
}

static int same_step(const struct plan *one, const struct plan *other, uint32_t index)
{
	const struct plan_step *left = &one->steps[index], *right = &other->steps[index];

	return left->kind == right->kind && left->flags == right->flags && left->fd == right->fd && same_values(one, left, other, right) &&
	       strcmp(plan_text(one, left->a), plan_text(other, right->a)) == 0 &&
	       strcmp(plan_text(one, left->b), plan_text(other, right->b)) == 0;
}

int template_begins(const struct plan *template, const struct plan *plan)
{
	const uint32_t count = template->header->step_count;

	if (count > plan->header->step_count)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		if (!same_step(template, plan, i))
			return 0;
	return 1;
}
