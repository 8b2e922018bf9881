/*
 * The reader of plans. A plan comes from our own managed code, never from a job; it is checked all
 * the same, because bugs are: afterwards no offset in it needs checking again, and a plan that
 * would run a job without one of its walls is refused here, whatever the compiler thought.
 */
#include "plan.h"

#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

#define NANOSECONDS_PER_YEAR 31557600000000000ull

static int refuse(int error)
{
	errno = error;
	return -1;
}

static bool within(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static const uint8_t phase_of_kind[STEP_KIND_COUNT] = {
	[STEP_IDENTITY] = PHASE_IDENTITY,
	[STEP_ROOT] = PHASE_ROOT,
	[STEP_SCRATCH] = PHASE_ROOT,
	[STEP_UPPERS] = PHASE_MOUNTS,
	[STEP_BIND] = PHASE_MOUNTS,
	[STEP_DIRECTORY] = PHASE_MOUNTS,
	[STEP_TMPFS] = PHASE_MOUNTS,
	[STEP_OVERLAY] = PHASE_MOUNTS,
	[STEP_LAYER] = PHASE_MOUNTS,
	[STEP_LAYERED_ROOT] = PHASE_MOUNTS,
	[STEP_MAKE_DIRECTORY] = PHASE_MOUNTS,
	[STEP_SYMLINK] = PHASE_MOUNTS,
	[STEP_DEVICES] = PHASE_MOUNTS,
	[STEP_PROC] = PHASE_MOUNTS,
	[STEP_MASK] = PHASE_MOUNTS,
	[STEP_PIN] = PHASE_FILES,
	[STEP_KEEP_WRITABLE] = PHASE_MOUNTS,
	[STEP_FILE] = PHASE_FILES,
	[STEP_BIND_FILE] = PHASE_FILES,
	[STEP_STDIN] = PHASE_FILES,
	[STEP_BARRIER] = PHASE_FILES,
	[STEP_PIVOT] = PHASE_PIVOT,
	[STEP_SEAL_ROOT] = PHASE_PIVOT,
	[STEP_SYSFS] = PHASE_MOUNTS,
	[STEP_HOSTNAME] = PHASE_HOST,
	[STEP_CLOCKS] = PHASE_HOST,
	[STEP_LOOPBACK] = PHASE_HOST,
	[STEP_LOOKUPS] = PHASE_HOST,
	[STEP_NETLINK] = PHASE_HOST,
	[STEP_LISTEN] = PHASE_HOST,
	[STEP_SYSCTL] = PHASE_HOST,
	[STEP_COMMON_SYSCTL] = PHASE_MOUNTS,
	[STEP_JOIN_NETWORK] = PHASE_IDENTITY,
	[STEP_CGROUP] = PHASE_SESSION,
	[STEP_SESSION] = PHASE_SESSION,
	[STEP_INNER_USERNS] = PHASE_PRIVILEGES,
	[STEP_LOCK_PRIVILEGE] = PHASE_PRIVILEGES,
	[STEP_CREDENTIALS] = PHASE_PRIVILEGES,
	[STEP_RLIMIT] = PHASE_PRIVILEGES,
	[STEP_AFFINITY] = PHASE_PRIVILEGES,
	[STEP_DROP_CAPABILITIES] = PHASE_PRIVILEGES,
	[STEP_NO_NEW_PRIVS] = PHASE_PRIVILEGES,
	[STEP_CPU_CLOCK] = PHASE_PRIVILEGES,
	[STEP_WORKING_DIRECTORY] = PHASE_CONFINE,
	[STEP_OPEN] = PHASE_CONFINE,
	[STEP_LANDLOCK_WRITABLE] = PHASE_CONFINE,
	[STEP_LANDLOCK] = PHASE_CONFINE,
	[STEP_SECCOMP] = PHASE_FILTER,
	[STEP_EXEC] = PHASE_EXEC,
};

/* Without any one of these a job would run with a wall missing. Each exactly once, in this order. */
static const uint8_t indispensable[] = {
	STEP_IDENTITY,		STEP_ROOT,	   STEP_PIVOT,		STEP_CGROUP,
	STEP_SESSION,		STEP_INNER_USERNS, STEP_LOCK_PRIVILEGE, STEP_CREDENTIALS,
	STEP_DROP_CAPABILITIES, STEP_NO_NEW_PRIVS, STEP_SECCOMP,	STEP_EXEC,
};

/* `count` words follow each other from `offset`, each ending within the text. */
static bool words_fit(const struct plan_header *header, const char *text, uint32_t offset, uint64_t count)
{
	for (; count > 0; count--) {
		const char *end;

		if (offset >= header->text_size)
			return false;
		end = memchr(text + offset, 0, header->text_size - offset);
		if (!end)
			return false;
		offset = (uint32_t)(end - text) + 1;
	}
	return true;
}

static bool pipes_fit(const struct plan_header *header, const struct plan_step *step)
{
	const uint64_t numbers = (1ull << (PLAN_LAST_PIPE + 1)) - (1ull << PLAN_FIRST_PIPE);
	uint64_t count = 0;

	for (uint64_t left = step->value[2]; left; left &= left - 1)
		count++;
	return !(step->value[2] & ~numbers) &&
	       (count == 0 || (step->fd >= 0 && (uint64_t)step->fd + count <= header->extra_fds));
}

/* Never to the host's own network, whose configuration real root may change. */
static bool netlink_fits(const struct plan_header *header, const unsigned char *blob, const struct plan_step *step)
{
	return (header->namespaces & CLONE_NEWNET) &&
	       (step->value[0] == NETLINK_ROUTE || step->value[0] == NETLINK_NETFILTER) &&
	       step->value[2] > 0 && step->value[3] <= 1 && within(step->value[1], step->value[2], header->blob_size) &&
	       netlink_is_whole(blob + step->value[1], step->value[2]);
}

static bool listen_fits(const struct plan_header *header, const struct plan_step *step)
{
	return (header->namespaces & CLONE_NEWNET) &&
	       (step->value[0] == AF_INET || step->value[0] == AF_INET6) &&
	       (step->value[1] == SOCK_STREAM || step->value[1] == SOCK_DGRAM) && step->value[2] > 0 &&
	       step->value[2] <= UINT16_MAX && step->value[3] <= PLAN_MAX_BACKLOG;
}

/* proc(5), oom_score_adj; less than the host's own programs have is no job's to ask for */
#define MOST_OOM_SCORE 1000

/* The ids of a job below a holder are those that the holder has. */
static bool join_fits(const struct plan_header *header, const struct plan_step *step)
{
	const uint64_t what = step->value[1], network = what & (JOIN_SWITCH | JOIN_NETWORK);
	const uint64_t count = step->value[0] + (network != 0) + ((what & JOIN_IPC) != 0);

	return (header->namespaces & CLONE_NEWNET) && (header->namespaces & CLONE_NEWIPC) && !(header->flags & PLAN_SUB_IDS) &&
	       step->value[0] <= 1 && what > 0 && what <= (JOIN_SWITCH | JOIN_NETWORK | JOIN_IPC) &&
	       network != (JOIN_SWITCH | JOIN_NETWORK) && step->fd >= 0 && (uint64_t)step->fd + count <= header->extra_fds;
}

/* Nothing that a job makes is ever real root's on the disk, nor of its group. */
static bool owner_fits(const struct plan_header *header, const struct plan_step *step)
{
	return step->value[3] == 0 ||
	       ((header->flags & PLAN_FOREIGN_IDS) && !(header->flags & PLAN_SUB_IDS) && (uint32_t)step->value[3] > 0 &&
		step->value[3] >> 32 > 0);
}

static bool values_fit(const struct plan_header *header, const char *text, const unsigned char *blob,
		       const struct plan_step *step)
{
	switch (step->kind) {
	case STEP_IDENTITY:
		return !(header->flags & PLAN_SUB_IDS) ||
		       (step->value[0] > 0 && step->value[0] <= UINT32_MAX && step->value[1] > 0 &&
			step->value[1] <= UINT16_MAX && step->value[2] > 0 && step->value[2] <= UINT32_MAX &&
			step->value[3] > 0 && step->value[3] <= UINT16_MAX);
	case STEP_LOCK_PRIVILEGE:
	case STEP_DROP_CAPABILITIES:
		return (step->value[0] & ~PLAN_CAPABILITIES) == 0;
	case STEP_BIND:
		return step->value[0] <= strlen(text + step->a) && owner_fits(header, step);
	case STEP_BIND_FILE:
	case STEP_STDIN:
		return step->value[0] <= strlen(text + step->a);
	case STEP_MASK:
		return step->value[2] <= strlen(text + step->b) && (step->value[0] == 0 || step->value[1] != 0);
	case STEP_OVERLAY:
		return step->value[0] <= 2 && words_fit(header, text, step->a, step->value[0]);
	case STEP_UPPERS:
		return text[step->a] == '/' && step->fd >= 0 && (uint64_t)step->fd + 2 <= header->extra_fds;
	case STEP_MAKE_DIRECTORY:
	case STEP_KEEP_WRITABLE:
		return step->value[0] <= 07777;
	case STEP_FILE:
		return step->value[0] <= 07777 &&
		       (step->fd >= 0 || within(step->value[1], step->value[2], header->blob_size));
	case STEP_SYSFS:
		return (header->namespaces & CLONE_NEWNET) != 0;
	case STEP_NETLINK:
		return netlink_fits(header, blob, step);
	case STEP_LISTEN:
		return listen_fits(header, step);
	case STEP_JOIN_NETWORK:
		return join_fits(header, step);
	case STEP_CGROUP:
		return step->value[0] <= PLAN_MAX_CGROUPS && step->value[1] <= header->extra_fds &&
		       (step->value[0] == 0 ||
			(step->fd >= 0 && (uint64_t)step->fd + step->value[0] <= header->extra_fds));
	case STEP_SESSION:
		return pipes_fit(header, step) && step->value[3] <= MOST_OOM_SCORE &&
		       (!(step->flags & STEP_FLAG_TERMINAL) ||
			(step->value[0] > 0 && step->value[0] <= UINT16_MAX && step->value[1] > 0 &&
			 step->value[1] <= UINT16_MAX));
	case STEP_OPEN:
		return text[step->a] == '/' && step->value[0] > 0 && step->value[0] < 1ull << (PLAN_LAST_PIPE + 1) && step->value[1] <= 0777;
	case STEP_AFFINITY:
		return step->value[1] > 0 && step->value[1] % 8 == 0 &&
		       step->value[1] <= PLAN_MAX_CPU_BYTES &&
		       within(step->value[0], step->value[1], header->blob_size);
	case STEP_SECCOMP:
		/* 8 bytes an instruction, at most BPF_MAXINSNS of them */
		return step->value[1] > 0 && step->value[1] % 8 == 0 && step->value[1] <= 4096 * 8 &&
		       step->value[0] % 8 == 0 && within(step->value[0], step->value[1], header->blob_size);
	case STEP_EXEC:
		return step->value[0] > 0 && step->value[0] <= header->text_size &&
		       step->value[1] <= header->text_size && step->value[2] <= EXEC_AS_GIVEN &&
		       words_fit(header, text, step->a, step->value[0]) &&
		       words_fit(header, text, step->b, step->value[1]) &&
		       (uint32_t)step->value[3] <= step->value[1] && step->value[3] >> 32 < PLAN_MAX_SKIPPED;
	default:
		return true;
	}
}

/* One step after others up to `phase`. */
static bool step_fits(const struct plan *plan, const struct plan_step *step, unsigned phase)
{
	const struct plan_header *header = plan->header;

	return step->kind != 0 && step->kind < STEP_KIND_COUNT && step->phase == phase_of_kind[step->kind] && step->phase >= phase &&
	       step->a < header->text_size && step->b < header->text_size && step->fd >= -1 &&
	       step->fd < (int32_t)header->extra_fds && values_fit(header, plan->text, plan->blob, step);
}

static int check_steps(const struct plan *plan)
{
	const uint32_t count = plan->header->step_count;
	size_t wanted = 0;
	unsigned phase = 0, barriers = 0, ports = 0, joins = 0, switches = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct plan_step *step = &plan->steps[i];

		if (!step_fits(plan, step, phase))
			return refuse(EINVAL);
		phase = step->phase;
		barriers += step->kind == STEP_BARRIER;
		ports += step->kind == STEP_LISTEN;
		joins += step->kind == STEP_JOIN_NETWORK;
		switches += step->kind == STEP_JOIN_NETWORK && (step->value[1] & JOIN_SWITCH);
		for (size_t k = 0; k < sizeof indispensable; k++)
			if (step->kind == indispensable[k] && k != wanted++)
				return refuse(EINVAL);
	}
	if (barriers > 1 || joins > 1 || switches > barriers || ports > STARTED_PORTS_MAX || wanted != sizeof indispensable ||
	    plan->steps[count - 1].kind != STEP_EXEC)
		return refuse(EINVAL);
	return 0;
}

/* Everything but the steps. */
static int check_areas(const void *bytes, size_t size, struct plan *plan)
{
	const struct plan_header *header = bytes;
	const char *text;

	if (size < sizeof *header || header->magic != PLAN_MAGIC || header->version != PLAN_VERSION)
		return refuse(EPROTO);
	if (size > PLAN_MAX_BYTES || header->size != size || header->step_count == 0 ||
	    header->step_count > PLAN_MAX_STEPS || header->step_offset % 8 != 0 ||
	    header->blob_offset % 8 != 0 || header->extra_fds > PLAN_MAX_FDS - FD_EXTRA ||
	    !within(header->step_offset, (uint64_t)header->step_count * sizeof(struct plan_step), size) ||
	    !within(header->text_offset, header->text_size, size) ||
	    !within(header->blob_offset, header->blob_size, size))
		return refuse(EINVAL);
	if (header->wall_ns > 100 * NANOSECONDS_PER_YEAR || header->setup_ns == 0 ||
	    header->setup_ns > NANOSECONDS_PER_YEAR)
		return refuse(EINVAL);

	text = (const char *)bytes + header->text_offset;
	if (header->text_size == 0 || text[0] != 0 || text[header->text_size - 1] != 0)
		return refuse(EINVAL);
	plan->header = header;
	plan->steps = (const struct plan_step *)((const unsigned char *)bytes + header->step_offset);
	plan->text = text;
	plan->blob = (const unsigned char *)bytes + header->blob_offset;
	return 0;
}

int plan_check(const void *bytes, size_t size, struct plan *plan)
{
	return check_areas(bytes, size, plan) < 0 ? -1 : check_steps(plan);
}

int plan_check_beginning(const void *bytes, size_t size, struct plan *plan)
{
	unsigned phase = 0;

	if (check_areas(bytes, size, plan) < 0)
		return -1;
	for (uint32_t i = 0; i < plan->header->step_count; i++) {
		if (!step_fits(plan, &plan->steps[i], phase))
			return refuse(EINVAL);
		phase = plan->steps[i].phase;
	}
	return plan->steps[0].kind == STEP_IDENTITY ? 0 : refuse(EINVAL);
}

int plan_map(int fd, struct plan *plan)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat status;
	void *bytes;

	if ((fcntl(fd, F_GET_SEALS) & seals) != seals)
		return refuse(EPERM);
	if (fstat(fd, &status) < 0)
		return -1;
	if (status.st_size < (off_t)sizeof *plan->header || status.st_size > PLAN_MAX_BYTES)
		return refuse(EINVAL);
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -1;
	if (plan_check(bytes, (size_t)status.st_size, plan) < 0) {
		int saved = errno;

		munmap(bytes, (size_t)status.st_size);
		plan->header = NULL;
		return refuse(saved);
	}
	return 0;
}

void plan_unmap(const struct plan *plan)
{
	munmap((void *)(uintptr_t)plan->header, plan->header->size);
}

const struct plan_step *plan_find(const struct plan *plan, unsigned kind)
{
	const struct plan_step *step = plan->steps;

	for (uint32_t left = plan->header->step_count; left > 0; left--, step++)
		if (step->kind == kind)
			return step;
	return NULL;
}
