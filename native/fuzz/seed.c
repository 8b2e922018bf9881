/*
 * Writes the smallest plan that the reader accepts, and checks that it is refused as soon as any one
 * of its indispensable steps is missing, moved or doubled: the launcher's own statement of the order.
 */
#include "../launcher/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STEPS 12
#define BEFORE_PIVOT 2

struct image {
	struct plan_header header;
	struct plan_step steps[STEPS + 2];
	uint64_t blob;
	char text[16];
};

static const struct plan_step order[STEPS] = {
	{ .kind = STEP_IDENTITY, .phase = PHASE_IDENTITY },
	{ .kind = STEP_ROOT, .phase = PHASE_ROOT },
	{ .kind = STEP_PIVOT, .phase = PHASE_PIVOT },
	{ .kind = STEP_CGROUP, .phase = PHASE_SESSION },
	{ .kind = STEP_SESSION, .phase = PHASE_SESSION },
	{ .kind = STEP_INNER_USERNS, .phase = PHASE_PRIVILEGES },
	{ .kind = STEP_LOCK_PRIVILEGE, .phase = PHASE_PRIVILEGES },
	{ .kind = STEP_CREDENTIALS, .phase = PHASE_PRIVILEGES },
	{ .kind = STEP_DROP_CAPABILITIES, .phase = PHASE_PRIVILEGES },
	{ .kind = STEP_NO_NEW_PRIVS, .phase = PHASE_PRIVILEGES },
	{ .kind = STEP_SECCOMP, .phase = PHASE_FILTER, .value = { 0, 8 } },
	{ .kind = STEP_EXEC, .phase = PHASE_EXEC, .a = 1, .value = { 1 } },
};

static void make(struct image *image)
{
	memset(image, 0, sizeof *image);
	image->header = (struct plan_header){
		.magic = PLAN_MAGIC,
		.version = PLAN_VERSION,
		.size = sizeof *image,
		.step_count = STEPS,
		.step_offset = offsetof(struct image, steps),
		.text_offset = offsetof(struct image, text),
		.text_size = sizeof image->text,
		.blob_offset = offsetof(struct image, blob),
		.blob_size = sizeof image->blob,
		.setup_ns = 1000000000,
	};
	memcpy(image->steps, order, sizeof order);
	for (int i = 0; i < STEPS; i++)
		image->steps[i].fd = -1;
	strcpy(image->text + 1, "/bin/true");
}

static int accepted(const struct image *image)
{
	struct plan plan;

	return plan_check(image, sizeof *image, &plan) == 0;
}

static int fails(const char *what, int step)
{
	fprintf(stderr, "the plan reader accepts a plan with step %d %s\n", step, what);
	return 1;
}

static int mutate(void)
{
	struct image image;

	for (int i = 0; i < STEPS; i++) {
		make(&image);
		memmove(&image.steps[i], &image.steps[i + 1], sizeof *image.steps * (size_t)(STEPS - 1 - i));
		image.header.step_count--;
		if (accepted(&image))
			return fails("missing", i);
		make(&image);
		memmove(&image.steps[i + 1], &image.steps[i], sizeof *image.steps * (size_t)(STEPS - i));
		image.header.step_count++;
		if (accepted(&image))
			return fails("doubled", i);
		if (i == 0)
			continue;
		make(&image);
		image.steps[i] = image.steps[i - 1];
		image.steps[i - 1] = order[i];
		image.steps[i - 1].fd = -1;
		if (accepted(&image))
			return fails("moved", i);
	}
	return 0;
}

/* A size of a terminal is two words of 16 bits (tty_ioctl(2), struct winsize). */
static int oversize(void)
{
	static const uint64_t refused[][2] = { { 0, 80 }, { 24, 0 }, { 65536, 80 }, { 24, 65536 } };
	struct image image;

	make(&image);
	image.steps[4].flags = STEP_FLAG_TERMINAL;
	image.steps[4].value[0] = 24;
	image.steps[4].value[1] = 80;
	if (!accepted(&image)) {
		fprintf(stderr, "the plan reader refuses a terminal\n");
		return 1;
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		memcpy(image.steps[4].value, refused[i], sizeof refused[i]);
		if (accepted(&image))
			return fails("with a terminal of no possible size", 4);
	}
	return 0;
}

static void insert_barrier(struct image *image, int at, uint16_t phase)
{
	memmove(&image->steps[at + 1], &image->steps[at],
		sizeof *image->steps * (size_t)(image->header.step_count - (uint32_t)at));
	image->steps[at] = (struct plan_step){ .kind = STEP_BARRIER, .phase = phase, .fd = -1 };
	image->header.step_count++;
}

/* One barrier, between the root and its pivot, and in no phase but its own: after it the host's part would come too late. */
static int barriers(void)
{
	struct image image;

	make(&image);
	insert_barrier(&image, BEFORE_PIVOT, PHASE_FILES);
	if (!accepted(&image)) {
		fprintf(stderr, "the plan reader refuses a barrier\n");
		return 1;
	}
	insert_barrier(&image, BEFORE_PIVOT, PHASE_FILES);
	if (accepted(&image))
		return fails("that is a second barrier", BEFORE_PIVOT);
	make(&image);
	insert_barrier(&image, BEFORE_PIVOT + 1, PHASE_HOST);
	if (accepted(&image))
		return fails("that is a barrier after the pivot", BEFORE_PIVOT + 1);
	return 0;
}

static int write_seed(const char *directory, const char *name, const struct image *image)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "w");
	return !file || fwrite(image, sizeof *image, 1, file) != 1 || fclose(file) != 0;
}

int main(int argc, char **argv)
{
	struct image image;

	make(&image);
	if (argc != 2 || !accepted(&image)) {
		fprintf(stderr, "the plan reader refuses the smallest plan: %s\n", strerror(errno));
		return 1;
	}
	if (mutate() || oversize() || barriers() || write_seed(argv[1], "smallest", &image))
		return 1;
	insert_barrier(&image, BEFORE_PIVOT, PHASE_FILES);
	return write_seed(argv[1], "barrier", &image);
}
