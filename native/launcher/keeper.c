/*
 * The keeper: one process for each job whose overlays have their upper side on a disk, because tmpfs has no extended
 * attributes for them (Linux before 6.6). It tells the host how much is there, and removes it when the host says so or
 * is dead. It has the rights over files that the job's first user namespace gives, which pid 1 has given up by then: a
 * job may make directories that its own id cannot enter, and has subordinate ids. It is in none of the job's namespaces.
 */
#include "keeper.h"

#include "clock.h"
#include "ids.h"
#include "ranges.h"
#include "sys.h"
#include "uppers_tree.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

enum { NAP_MS = 10, QUIET_NS = 1000000000, SHARE = 3 };
#define REMOVAL_NS 30000000000ull

struct keeper {
	int directory;
	int socket;
	uint64_t most_bytes; /* 0: nobody has to count */
	uint64_t most_inodes;
	uint64_t used_first, used_last; /* of the whole file system */
	uint64_t looked, took; /* when the last count ended, and its time */
};

static uint64_t used_bytes(const struct statvfs *usage)
{
	return (uint64_t)(usage->f_blocks - usage->f_bfree) * usage->f_frsize;
}

/*
 * Counting a tree costs; asking the file system what it has given away costs nothing. So a count follows at once when that
 * has grown by a thirty-second of what the job may take, whoever took it, and after a second if it has changed at all; it
 * never takes more than a third of the time.
 */
static int is_due(const struct keeper *keeper, uint64_t used, uint64_t now)
{
	uint64_t grown = used > keeper->used_last ? used - keeper->used_last : 0;
	uint64_t since = now - keeper->looked;

	if (!keeper->looked)
		return 1;
	if (since < SHARE * keeper->took)
		return 0;
	return grown > keeper->most_bytes / 32 || (used != keeper->used_last && since > QUIET_NS);
}

/* False if the host is gone. */
static int look_and_tell(struct keeper *keeper)
{
	struct upper_use use;
	struct statvfs usage;
	uint64_t used, begin = now_ns();

	if (fstatvfs(keeper->directory, &usage) < 0)
		return 0;
	used = used_bytes(&usage);
	if (!is_due(keeper, used, begin))
		return 1;
	if (!keeper->looked)
		keeper->used_first = used;
	if (upper_count(keeper->directory, keeper->most_inodes, &use) < 0)
		return 0;
	keeper->used_last = used;
	keeper->looked = now_ns();
	keeper->took = keeper->looked - begin;

	const struct upper_report report = {
		.bytes = use.bytes,
		.inodes = use.inodes,
		.grown = used > keeper->used_first ? used - keeper->used_first : 0,
		.available = (uint64_t)usage.f_bavail * usage.f_frsize,
	};

	return send(keeper->socket, &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN;
}

/* One word from the host, or its end, is the end of the job. */
static void watch(struct keeper *keeper)
{
	struct pollfd word = { .fd = keeper->socket, .events = POLLIN };

	do {
		if (poll(&word, 1, keeper->most_bytes ? NAP_MS : -1) > 0)
			return;
	} while (!keeper->most_bytes || look_and_tell(keeper));
	/* who cannot count any more says so by its end: the host ends the request, and its overlays are let go of then */
	shutdown(keeper->socket, SHUT_WR);
	poll(&word, 1, -1);
}

/* Without a host nobody has waited for the job's end: it is being killed, and may write until then. */
static int clear(const struct keeper *keeper, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	autoclose int above = openat(keeper->directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const uint64_t end = now_ns() + REMOVAL_NS;

	while (upper_remove(keeper->directory) < 0 || unlinkat(above, name, AT_REMOVEDIR) < 0) {
		if (now_ns() >= end || errno == ENOENT)
			return 1;
		poll(NULL, 0, NAP_MS);
	}
	return 0;
}

/* newuidmap(1) has to be asked by somebody outside of the namespace it maps, who waits until that is there. */
static int enter_with_ranges(const struct request *request)
{
	int ends[2], status;
	pid_t mapped = getpid(), mapper;
	char word = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	mapper = fork();
	if (mapper == 0) {
		close(ends[0]);
		_exit(read(ends[1], &word, 1) == 1 ? ranges_map(&request->plan, mapped) : ECANCELED);
	}
	close(ends[1]);
	if (mapper < 0 || unshare(CLONE_NEWUSER) < 0 || write(ends[0], &word, 1) != 1 || waitpid(mapper, &status, 0) != mapper)
		return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EPIPE;
	return errno ? -1 : 0;
}

static int enter_user_namespace(const struct request *request)
{
	const struct plan_header *header = request->plan.header;

	if (header->flags & PLAN_FOREIGN_IDS)
		return 0; /* real root may do all that is needed */
	if (header->flags & PLAN_SUB_IDS)
		return enter_with_ranges(request);
	return unshare(CLONE_NEWUSER) < 0 ? -1 : ids_map_self("/proc", header->host_uid, header->host_gid);
}

/* Only the two descriptors stay open, and /dev/null. */
static void close_others(int one, int other)
{
	const unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);

	if (low > 3)
		sys_close_range(3, low - 1, 0);
	if (high > low + 1)
		sys_close_range(low + 1, high - 1, 0);
	sys_close_range(high + 1, ~0u, 0);
}

__attribute__((noreturn)) static void keeper_main(const struct request *request, const struct plan_step *step)
{
	struct keeper keeper = {
		.directory = request->extra[step->fd],
		.socket = request->extra[step->fd + 1],
		.most_bytes = step->value[0],
		.most_inodes = step->value[1],
	};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_others(keeper.directory, keeper.socket);
	if (enter_user_namespace(request) < 0)
		_exit(1);
	watch(&keeper);
	_exit(clear(&keeper, plan_text(&request->plan, step->a)));
}

/* The launcher adopts and reaps nothing of it but its end, which the host learns by that of the socket. */
int keeper_start(const struct request *request)
{
	const struct plan_step *step = plan_find(&request->plan, STEP_UPPERS);
	pid_t pid;

	if (!step)
		return 0;
	pid = fork();
	if (pid == 0)
		keeper_main(request, step);
	if (pid < 0)
		request->page->step = (int32_t)(step - request->plan.steps);
	return pid < 0 ? -1 : 0;
}
