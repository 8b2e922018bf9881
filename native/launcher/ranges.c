/*
 * More than one id in a job: the caller's subordinate ids (subuid(5)) next to its own. The outer map is
 * written by newuidmap(1) and newgidmap(1), which have the privilege for it, and by the launcher itself
 * as real root. The inner one, which shows the same ids again, is mapper.c's.
 */
#include "ranges.h"

#include "file.h"
#include "sys.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NUMBER_BYTES 12

/*
 * What a program that is not ours gets: no descriptor but 0 to 2, which are /dev/null, no signal blocked, no
 * directory of the caller's, no environment, and as long as a job has for setting up. It looks users up with
 * whatever nsswitch.conf(5) names: none of that may hold a socket of ours, or another job's lifeline, open.
 * Dispositions are the default ones since the launcher began; alarm(2) is kept by execve(2).
 */
static int become_stranger(unsigned seconds)
{
	sigset_t none;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || chdir("/") < 0 || sys_close_range(3, ~0u, 0) < 0)
		return -1;
	alarm(seconds);
	return 0;
}

static int run(const char *program, const struct plan *plan, pid_t pid, const uint32_t ids[3])
{
	char words[4][NUMBER_BYTES];
	const uint32_t numbers[] = { (uint32_t)pid, ids[0], ids[1], ids[2] };
	const unsigned seconds = (unsigned)(plan->header->setup_ns / 1000000000u) + 1;
	pid_t child;
	int status;

	for (int i = 0; i < 4; i++)
		snprintf(words[i], NUMBER_BYTES, "%u", numbers[i]);
	child = fork();
	if (child == 0) {
		/* newuidmap PID 0 OWN 1 1 FIRST COUNT */
		char *arguments[] = { (char *)(uintptr_t)program,
				      words[0],
				      "0",
				      words[1],
				      "1",
				      "1",
				      words[2],
				      words[3],
				      NULL };
		char *environment[] = { NULL };

		if (become_stranger(seconds) < 0)
			_exit(126);
		execve(program, arguments, environment);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return errno;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return ETIMEDOUT;
	return status == 0 ? 0 : WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : EPERM;
}

/* Real root asks nobody. */
static int write_map(pid_t pid, const char *name, uint32_t own, uint32_t first, uint32_t count)
{
	char path[40], map[80];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	snprintf(map, sizeof map, "0 %u 1\n1 %u %u\n", own, first, count);
	return write_file(AT_FDCWD, path, map) < 0 ? errno : 0;
}

/* Writes both outer maps of a process in a new user namespace; 0 or an errno. */
int ranges_map(const struct plan *plan, pid_t pid)
{
	const struct plan_step *step = plan_find(plan, STEP_IDENTITY);
	const uint32_t uid = plan->header->host_uid, gid = plan->header->host_gid;
	const uint32_t first_uid = (uint32_t)step->value[0], uids = (uint32_t)step->value[1];
	const uint32_t first_gid = (uint32_t)step->value[2], gids = (uint32_t)step->value[3];
	int error;

	if (plan->header->flags & PLAN_FOREIGN_IDS) {
		error = write_map(pid, "gid_map", gid, first_gid, gids);
		return error ? error : write_map(pid, "uid_map", uid, first_uid, uids);
	}
	error = run(plan_text(plan, step->b), plan, pid, (uint32_t[]){ gid, first_gid, gids });
	return error ? error : run(plan_text(plan, step->a), plan, pid, (uint32_t[]){ uid, first_uid, uids });
}

/*
 * A job of real root is somebody else outside, and could change nothing in a layer that root has unpacked
 * for it: the layer's mount shows root's files as the job's (mount_setattr(2), "ID-mapped mounts"). What
 * cannot be shown so stays what it is: readable for everybody, or for nobody.
 */
void ranges_own_layers(const struct request *request, pid_t pid)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	autoclose int userns = open(path, O_RDONLY | O_CLOEXEC);

	attr.userns_fd = (uint64_t)userns;
	for (uint32_t i = 0; userns >= 0 && i < request->plan.header->step_count; i++)
		if (request->plan.steps[i].flags & STEP_FLAG_OWN_FILES && request->tree[i] >= 0)
			sys_mount_setattr(request->tree[i], "", AT_EMPTY_PATH, &attr);
}

/* Who waits for a stranger keeps nothing of the launcher's either: the end of a socket is how death is told here. */
static int keep_only(int fd)
{
	if (fd > 3 && sys_close_range(3, (unsigned)fd - 1, 0) < 0)
		return -1;
	return sys_close_range((unsigned)fd + 1, ~0u, 0);
}

static int32_t map_and_own(const struct request *request, pid_t pid, int answer)
{
	const uint32_t foreign = request->plan.header->flags & PLAN_FOREIGN_IDS;
	int32_t error;

	if (!foreign && keep_only(answer) < 0)
		return errno;
	error = ranges_map(&request->plan, pid);
	if (!error && foreign)
		ranges_own_layers(request, pid);
	return error;
}

/*
 * The launcher has other jobs whose deadlines count: it does not wait for two programs that look users up
 * who knows where. Their parent ends at once, and the launcher adopts and reaps them. pid 1, which waits for
 * the answer, is bounded by the time for setting up. A job that is killed meanwhile may leave its number to
 * somebody else: newuidmap(1) maps nothing but a new namespace of the caller's own.
 */
int ranges_map_outer(const struct request *request, pid_t pid, int answer)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int32_t error;

		signal(SIGCHLD, SIG_DFL);
		if (fork() != 0)
			_exit(0);
		error = map_and_own(request, pid, answer);
		send(answer, &error, sizeof error, MSG_NOSIGNAL);
		_exit(0);
	}
	if (child < 0)
		return -1;
	return waitpid(child, &status, 0) == child ? 0 : -1;
}
