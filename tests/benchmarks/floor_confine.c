/* The steps of the payload: who it is, what it may not do any more, and execve. */
#define _GNU_SOURCE
#include "floor.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define ARGUMENTS_MAX 64

static int ruleset = -1;
static uint64_t ruleset_access;

int floor_capabilities(uint64_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	uint32_t low = (uint32_t)effective, high = (uint32_t)(effective >> 32);
	struct __user_cap_data_struct sets[2] = {
		{ .effective = low, .permitted = low },
		{ .effective = high, .permitted = high },
	};

	return (int)syscall(SYS_capset, &header, sets);
}

static int session(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (setsid() < 0 || null < 0)
		return -1;
	return dup2(null, 0) < 0 || dup2(null, 1) < 0 ? -1 : 0;
}

static int inner_maps(const struct plan_step *step)
{
	char map[48];

	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (floor_write("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof map, "%u 0 1", (unsigned)step->value[1]);
	if (floor_write("/proc/self/gid_map", map) < 0)
		return -1;
	snprintf(map, sizeof map, "%u 0 1", (unsigned)step->value[0]);
	return floor_write("/proc/self/uid_map", map);
}

static int lock_privilege(void)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			break;
	return prctl(PR_SET_SECUREBITS,
		     SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			     SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		     0, 0, 0);
}

static int credentials(const struct plan_step *step)
{
	uid_t uid = (uid_t)step->value[0];
	gid_t gid = (gid_t)step->value[1];

	return setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 ? -1 : 0;
}

static int limit(uint64_t resource, uint64_t soft, uint64_t hard)
{
	struct rlimit values = { .rlim_cur = soft, .rlim_max = hard };

	return setrlimit((int)resource, &values);
}

static int drop_capabilities(void)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return floor_capabilities(0);
}

static int cpu_clock(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attr,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
		.enable_on_exec = 1,
		.inherit = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	(void)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return 0;
}

static int allow(const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access & ruleset_access };

	if (ruleset < 0) {
		struct {
			uint64_t files, network, scoped;
		} rules = { .files = (1ull << 16) - 1, .scoped = 3 };

		ruleset_access = rules.files;
		rule.allowed_access = access & ruleset_access;
		ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
	}
	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int landlock(void)
{
	uint64_t read =
		LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

	/* a kernel with less than ABI 6 refuses the ruleset: then the floor goes without */
	if (allow("/", read) < 0 && ruleset < 0)
		return 0;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

static int filter(const struct plan *plan, const struct plan_step *step)
{
	struct sock_fprog program = {
		.len = (unsigned short)(step->value[1] / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)(plan->blob + step->value[0]),
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static void words(const char *text, uint64_t count, char **into)
{
	for (uint64_t i = 0; i < count && i < ARGUMENTS_MAX; i++, text += strlen(text) + 1)
		*into++ = (char *)(uintptr_t)text;
	*into = NULL;
}

static int exec_command(const struct plan *plan, const struct plan_step *step)
{
	char *arguments[ARGUMENTS_MAX + 1], *environment[ARGUMENTS_MAX + 1];

	words(plan_text(plan, step->a), step->value[0], arguments);
	words(plan_text(plan, step->b), step->value[1], environment);
	sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	return execve(arguments[0], arguments, environment);
}

int floor_confine(const struct plan *plan, const struct plan_step *step)
{
	switch (step->kind) {
	case STEP_CGROUP:
		return unshare(CLONE_NEWCGROUP); /* the plan it is given has no groups to join */
	case STEP_SESSION:
		return session();
	case STEP_INNER_USERNS:
		return inner_maps(step);
	case STEP_LOCK_PRIVILEGE:
		return lock_privilege();
	case STEP_CREDENTIALS:
		return credentials(step);
	case STEP_RLIMIT:
		return limit(step->value[0], step->value[1], step->value[2]);
	case STEP_DROP_CAPABILITIES:
		return drop_capabilities();
	case STEP_NO_NEW_PRIVS:
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	case STEP_CPU_CLOCK:
		return cpu_clock();
	case STEP_WORKING_DIRECTORY:
		return chdir(plan_text(plan, step->a));
	case STEP_LANDLOCK_WRITABLE:
		allow(plan_text(plan, step->b), ~0ull);
		return 0;
	case STEP_LANDLOCK:
		return landlock();
	case STEP_SECCOMP:
		return filter(plan, step);
	case STEP_EXEC:
		return exec_command(plan, step);
	}
	errno = ENOSYS;
	return -1;
}
