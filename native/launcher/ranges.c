/*
 * More than one id in a job: the caller's subordinate ids (subuid(5)) next to its own. The outer map is
 * written by newuidmap(1) and newgidmap(1), which have the privilege for it, and by the launcher itself
 * as real root. The inner map shows the same ids again, and is written by a process that lives no longer
 * than that: several lines need capabilities in the outer namespace, which pid 1 has given up by then.
 */
#include "job.h"

#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NUMBER_BYTES 12

static const struct plan_step *identity_of(const struct job *job)
{
	return &job->plan.steps[0]; /* the first phase has one step (plan.c) */
}

/*
 * What a program that is not ours gets: no descriptor but 0 to 2, which are /dev/null, no signal blocked, no
 * folder of the caller's, no environment, and as long as a job has for setting up. It looks users up with
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

static int run(const char *program, const struct job *job, pid_t pid, const uint32_t ids[3])
{
	char words[4][NUMBER_BYTES];
	const uint32_t numbers[] = { (uint32_t)pid, ids[0], ids[1], ids[2] };
	const unsigned seconds = (unsigned)(job->plan.header->setup_ns / 1000000000u) + 1;
	pid_t child;
	int status;

	for (int i = 0; i < 4; i++)
		snprintf(words[i], NUMBER_BYTES, "%u", numbers[i]);
	child = fork();
	if (child == 0) {
		/* newuidmap PID 0 OWN 1 1 FIRST COUNT */
		char *arguments[] = { (char *)(uintptr_t)program, words[0], "0", words[1], "1", "1", words[2], words[3],
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
int ranges_map(const struct job *job, pid_t pid)
{
	const struct plan_step *step = identity_of(job);
	const uint32_t uid = job->plan.header->host_uid, gid = job->plan.header->host_gid;
	const uint32_t first_uid = (uint32_t)step->value[0], uids = (uint32_t)step->value[1];
	const uint32_t first_gid = (uint32_t)step->value[2], gids = (uint32_t)step->value[3];
	int error;

	if (job->plan.header->flags & PLAN_FOREIGN_IDS) {
		error = write_map(pid, "gid_map", gid, first_gid, gids);
		return error ? error : write_map(pid, "uid_map", uid, first_uid, uids);
	}
	error = run(plan_text(&job->plan, step->b), job, pid, (uint32_t[]){ gid, first_gid, gids });
	return error ? error : run(plan_text(&job->plan, step->a), job, pid, (uint32_t[]){ uid, first_uid, uids });
}

/*
 * A job of real root is somebody else outside, and could change nothing in a layer that root has unpacked
 * for it: the layer's mount shows root's files as the job's (mount_setattr(2), "ID-mapped mounts"). What
 * cannot be shown so stays what it is: readable for everybody, or for nobody.
 */
void ranges_own_layers(const struct job *job, pid_t pid)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	char path[32];

	snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	autoclose int userns = open(path, O_RDONLY | O_CLOEXEC);

	attr.userns_fd = (uint64_t)userns;
	for (uint32_t i = 0; userns >= 0 && i < job->plan.header->step_count; i++)
		if (job->plan.steps[i].flags & STEP_FLAG_OWN_FILES && job->tree[i] >= 0)
			sys_mount_setattr(job->tree[i], "", AT_EMPTY_PATH, &attr);
}

/* Who waits for a stranger keeps nothing of the launcher's either: the end of a socket is how death is told here. */
static int keep_only(int fd)
{
	if (fd > 3 && sys_close_range(3, (unsigned)fd - 1, 0) < 0)
		return -1;
	return sys_close_range((unsigned)fd + 1, ~0u, 0);
}

static int32_t map_and_own(const struct job *job, pid_t pid, int answer)
{
	const uint32_t foreign = job->plan.header->flags & PLAN_FOREIGN_IDS;
	int32_t error;

	if (!foreign && keep_only(answer) < 0)
		return errno;
	error = ranges_map(job, pid);
	if (!error && foreign)
		ranges_own_layers(job, pid);
	return error;
}

/*
 * The launcher has other jobs whose deadlines count: it does not wait for two programs that look users up
 * who knows where. Their parent ends at once, and the launcher adopts and reaps them. pid 1, which waits for
 * the answer, is bounded by the time for setting up. A job that is killed meanwhile may leave its number to
 * somebody else: newuidmap(1) maps nothing but a new namespace of the caller's own.
 */
int ranges_map_outer(const struct job *job, pid_t pid, int answer)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int32_t error;

		signal(SIGCHLD, SIG_DFL);
		if (fork() != 0)
			_exit(0);
		error = map_and_own(job, pid, answer);
		send(answer, &error, sizeof error, MSG_NOSIGNAL);
		_exit(0);
	}
	if (child < 0)
		return -1;
	return waitpid(child, &status, 0) == child ? 0 : -1;
}

/* The ids inside are those outside: no line may span two of the outer ones (user_namespaces(7)). */
static int map_inner(const struct job *job, pid_t pid)
{
	const struct plan_step *step = identity_of(job);
	char path[40], map[48];

	snprintf(path, sizeof path, "%d/gid_map", (int)pid);
	snprintf(map, sizeof map, "0 0 1\n1 1 %u\n", (uint32_t)step->value[3]);
	if (write_file(job->proc, path, map) < 0)
		return -1;
	snprintf(path, sizeof path, "%d/uid_map", (int)pid);
	snprintf(map, sizeof map, "0 0 1\n1 1 %u\n", (uint32_t)step->value[1]);
	return write_file(job->proc, path, map);
}

__attribute__((noreturn)) static void mapper_main(const struct job *job, int asked)
{
	int32_t word = 0;

	if (capabilities_set(1ull << CAP_SETUID | 1ull << CAP_SETGID | 1ull << CAP_SETFCAP) < 0 ||
	    recv(asked, &word, sizeof word, 0) != sizeof word)
		_exit(1);
	word = map_inner(job, word) < 0 ? errno : 0;
	send(asked, &word, sizeof word, MSG_NOSIGNAL);
	_exit(0);
}

/* Before pid 1 gives its capabilities up. */
int ranges_start_mapper(struct job *job)
{
	int ends[2];

	if (!(job->plan.header->flags & PLAN_SUB_IDS))
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	job->mapper_pid = fork();
	if (job->mapper_pid == 0)
		mapper_main(job, ends[1]);
	close(ends[1]);
	/* out of the way of the payload's descriptors 0 to 2 */
	job->mapper = fcntl(ends[0], F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	close(ends[0]);
	return job->mapper_pid < 0 || job->mapper < 0 ? -1 : 0;
}

/* What it used is no time of the job's, which has not begun to count. */
void ranges_end_mapper(struct job *job)
{
	struct rusage usage;

	if (job->mapper_pid <= 0)
		return;
	close_fd(&job->mapper);
	kill(job->mapper_pid, SIGKILL);
	waitpid(job->mapper_pid, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &usage);
	job->page->setup_user_us += (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
	job->page->setup_system_us +=
		(uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
	job->mapper_pid = 0;
}

/* The payload asks for its map. */
int ranges_await_inner(const struct job *job)
{
	int32_t word = (int32_t)getpid();

	if (send(job->mapper, &word, sizeof word, MSG_NOSIGNAL) != sizeof word ||
	    recv(job->mapper, &word, sizeof word, 0) != sizeof word) {
		errno = EPIPE;
		return -1;
	}
	errno = word;
	return word ? -1 : 0;
}

/* Folders and files of pid 1's making are the job's, whoever that is inside. */
int ranges_give(const struct job *job, int folder, const char *name)
{
	const struct plan_step *step = job->plan.steps;

	if (!(job->plan.header->flags & PLAN_SUB_IDS))
		return 0;
	while (step->kind != STEP_CREDENTIALS)
		step++; /* ends: it is indispensable (plan.c) */
	return fchownat(folder, name, (uid_t)step->value[0], (gid_t)step->value[1], AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}
