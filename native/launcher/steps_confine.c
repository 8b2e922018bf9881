/*
 * The last walls of the payload: Landlock where the kernel has it, and seccomp.
 */
#include "steps_confine.h"

#include "request.h"
#include "sys.h"

#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>

#define READ_ACCESS (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_ACCESS                                                                                          \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |         \
	 LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

/* Headers before Linux 6.12 know neither field; the size tells the kernel which ones we do. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)

/* As the job itself, with no more rights than it is going to have: what it may not make is not made. */
static int make_directories(const char *path)
{
	char above[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof above)
		return -1;
	memcpy(above, path, length + 1);
	for (char *slash = strchr(above + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(above, 0755) < 0 && errno != EEXIST && errno != EROFS)
			return -1;
		*slash = '/';
	}
	return mkdir(path, 0755);
}

/* A missing working directory is made where the job may write; elsewhere it is its absence that is reported. */
int step_working_directory(struct payload *payload, const struct plan_step *step)
{
	const char *path = plan_text(payload->plan, step->a);

	if (chdir(path) == 0)
		return 0;
	if (errno != ENOENT || step->value[0])
		return -1;
	if (make_directories(path) == 0)
		return chdir(path);
	errno = ENOENT;
	return -1;
}

/*
 * A file that the job has open from the start, found by its own rights in its own root, in which nothing of it has run yet. Regular
 * files only: what else may be open, the plan says in other ways. But a redirection opens what a shell in the job would, and waits for
 * the other end of a FIFO as that does; no longer than the set-up may take, for which the launcher is to answer.
 */
int step_open(struct payload *payload, const struct plan_step *step)
{
	const int redirected = step->flags & STEP_FLAG_REDIRECTED;
	const int how = step->flags & STEP_FLAG_READ_ONLY ? O_RDONLY : (redirected ? O_WRONLY : O_RDWR) | O_CREAT | O_TRUNC;
	const int care = redirected ? 0 : O_NOFOLLOW | O_NONBLOCK;
	autoclose int low = open(plan_text(payload->plan, step->a), how | care | O_NOCTTY | O_CLOEXEC, (mode_t)step->value[1]);
	autoclose int file = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	struct stat status;

	if (file < 0 || fstat(file, &status) < 0)
		return -1;
	if (!redirected && !S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	/* the number that it had may be one that the job gets */
	close_fd(&low);
	low = -1;
	if (!redirected && fcntl(file, F_SETFL, 0) < 0)
		return -1;
	for (int number = 0; number <= PLAN_LAST_PIPE; number++)
		if (step->value[0] >> number & 1 && dup2(file, number) < 0)
			return -1;
	payload->opened |= step->value[0];
	return 0;
}

/*
 * ABI 1 would deny every rename and link across directories, which compilers do: files are ruled from
 * ABI 2 on. Scopes came with ABI 6 (landlock(7), "Current limitations").
 */
static int ruleset_create(struct payload *payload)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rules = { .handled_access_fs = (1ull << 13) - 1 };

	if (abi < 2)
		return 0;
	rules.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rules.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rules.handled_access_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi >= 6)
		rules.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	payload->page->landlock_abi = (uint32_t)abi;
	payload->landlock_access = rules.handled_access_fs;
	payload->landlock = (int)syscall(SYS_landlock_create_ruleset, &rules,
				     abi >= 6 ? sizeof rules : sizeof rules.handled_access_fs, 0);
	return payload->landlock < 0 ? -1 : 0;
}

static int allow_open(struct payload *payload, int file, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = file, .allowed_access = access & payload->landlock_access };
	struct stat status;

	if (fstat(file, &status) < 0)
		return -1;
	if (!S_ISDIR(status.st_mode))
		rule.allowed_access &= FILE_ACCESS;
	return (int)syscall(SYS_landlock_add_rule, payload->landlock, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int allow(struct payload *payload, const char *path, uint64_t access)
{
	autoclose int directory = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return directory < 0 ? -1 : allow_open(payload, directory, access);
}

int step_landlock_writable(struct payload *payload, const struct plan_step *step)
{
	if (payload->landlock < 0 && ruleset_create(payload) < 0)
		return -1;
	if (payload->landlock < 0)
		return 0;
	return allow(payload, plan_text(payload->plan, step->b), ~0ull);
}

int step_landlock(struct payload *payload, const struct plan_step *step)
{
	(void)step;
	if (payload->landlock < 0 && ruleset_create(payload) < 0)
		return -1;
	if (payload->landlock < 0)
		return 0;
	/* the mount through which stdin was opened is in no directory of the root: the rule for it ends there (is_access_to_paths_allowed) */
	if (allow(payload, "/", READ_ACCESS) < 0 ||
	    (plan_find(payload->plan, STEP_STDIN) && allow_open(payload, STDIN_FILENO, LANDLOCK_ACCESS_FS_READ_FILE) < 0))
		return -1;
	autoclose int ruleset = payload->landlock;

	payload->landlock = -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

/*
 * The listener lands in the descriptor table that pid 1 shares until execve, so handing it over
 * needs no call after the filter is in force (seccomp_unotify(2)).
 */
int step_seccomp(struct payload *payload, const struct plan_step *step)
{
	struct sock_fprog program = {
		.len = (unsigned short)(step->value[1] / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)(payload->plan->blob + step->value[0]),
	};

	payload->page->listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
					   SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return payload->page->listener < 0 ? -1 : 0;
}
