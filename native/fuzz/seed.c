/*
 * Writes the smallest plan that the reader accepts, and checks that it is refused as soon as any one
 * of its indispensable steps is missing, moved or doubled: the launcher's own statement of the order.
 */
#include "../launcher/plan.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define STEPS 12
#define MORE (STARTED_PORTS_MAX + 1)
#define BEFORE_PIVOT 2

struct image {
	struct plan_header header;
	struct plan_step steps[STEPS + MORE];
	uint64_t blob[2];
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

static void insert_network(struct image *image, const struct plan_step *step)
{
	memmove(&image->steps[BEFORE_PIVOT + 2], &image->steps[BEFORE_PIVOT + 1],
		sizeof *image->steps * (size_t)(image->header.step_count - BEFORE_PIVOT - 1));
	image->steps[BEFORE_PIVOT + 1] = *step;
	image->steps[BEFORE_PIVOT + 1].phase = PHASE_HOST;
	image->steps[BEFORE_PIVOT + 1].fd = -1;
	image->header.step_count++;
	image->header.namespaces = CLONE_NEWNET;
	image->blob[0] = 16; /* nlmsg_len; the rest of the header is 0 */
}

/* Whole messages, for the job's own network and for two protocols alone. */
static int network(void)
{
	static const struct plan_step good[] = {
		{ .kind = STEP_NETLINK, .value = { NETLINK_ROUTE, 0, 16 } },
		{ .kind = STEP_LISTEN, .value = { AF_INET, SOCK_STREAM, 53, 128 } },
		{ .kind = STEP_LISTEN, .value = { AF_INET6, SOCK_DGRAM, 65535 } },
	};
	static const struct plan_step bad[] = {
		{ .kind = STEP_NETLINK, .value = { NETLINK_GENERIC, 0, 16 } },
		{ .kind = STEP_NETLINK, .value = { NETLINK_NETFILTER, 0, 0 } },
		{ .kind = STEP_NETLINK, .value = { NETLINK_ROUTE, 0, 12 } },
		{ .kind = STEP_NETLINK, .value = { NETLINK_ROUTE, 0, 32 } },
		{ .kind = STEP_NETLINK, .value = { NETLINK_ROUTE, 16, 16 } },
		{ .kind = STEP_NETLINK, .value = { NETLINK_ROUTE, 0, UINT64_MAX } },
		{ .kind = STEP_NETLINK, .value = { NETLINK_ROUTE, 0, 16, 2 } },
		{ .kind = STEP_LISTEN, .value = { AF_UNIX, SOCK_STREAM, 53 } },
		{ .kind = STEP_LISTEN, .value = { AF_INET, SOCK_RAW, 53 } },
		{ .kind = STEP_LISTEN, .value = { AF_INET, SOCK_STREAM, 0 } },
		{ .kind = STEP_LISTEN, .value = { AF_INET, SOCK_STREAM, 65536 } },
		{ .kind = STEP_LISTEN, .value = { AF_INET, SOCK_STREAM, 53, PLAN_MAX_BACKLOG + 1 } },
	};
	struct image image;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		make(&image);
		insert_network(&image, &good[i]);
		if (!accepted(&image)) {
			fprintf(stderr, "the plan reader refuses a network of the job's own: %zu\n", i);
			return 1;
		}
		image.header.namespaces = 0;
		if (accepted(&image))
			return fails("for the network of the host", (int)i);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		make(&image);
		insert_network(&image, &bad[i]);
		if (accepted(&image))
			return fails("for a network with impossible values", (int)i);
	}
	make(&image);
	for (int i = 0; i < STARTED_PORTS_MAX; i++)
		insert_network(&image, &good[1]);
	if (!accepted(&image))
		return fails("refused that is one of the most ports", STARTED_PORTS_MAX);
	insert_network(&image, &good[1]);
	return accepted(&image) ? fails("that is one port too many", STARTED_PORTS_MAX) : 0;
}

/* Of the environment no more words may go than there are, for a step that a report tells of. */
static int environment(void)
{
	static const uint64_t refused[] = { 1, UINT32_MAX, (uint64_t)PLAN_MAX_SKIPPED << 32 };
	struct image image;

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		make(&image);
		image.steps[STEPS - 1].value[3] = refused[i];
		if (accepted(&image))
			return fails("for words that are not there", (int)i);
	}
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
	if (mutate() || oversize() || barriers() || network() || environment() || write_seed(argv[1], "smallest", &image))
		return 1;
	insert_barrier(&image, BEFORE_PIVOT, PHASE_FILES);
	if (write_seed(argv[1], "barrier", &image))
		return 1;
	make(&image);
	insert_network(&image, &(struct plan_step){ .kind = STEP_NETLINK, .value = { NETLINK_NETFILTER, 0, 16 } });
	return write_seed(argv[1], "network", &image);
}
