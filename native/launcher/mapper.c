/*
 * The inner map of several ids. It shows those of the outer one again, and takes several lines, which need capabilities in
 * the outer namespace that pid 1 has given up by the time the payload has its own namespace: a child of pid 1 writes it,
 * which is made before and lives no longer than that.
 */
#include "mapper.h"

#include "capabilities.h"
#include "file.h"
#include "request.h"
#include "sys.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* The ids inside are those outside: no line may span two of the outer ones (user_namespaces(7)). */
static int map_inner(const struct plan *plan, int proc, pid_t pid)
{
	const struct plan_step *step = plan_find(plan, STEP_IDENTITY);
	char path[40], map[48];

	snprintf(path, sizeof path, "%d/gid_map", (int)pid);
	snprintf(map, sizeof map, "0 0 1\n1 1 %u\n", (uint32_t)step->value[3]);
	if (write_file(proc, path, map) < 0)
		return -1;
	snprintf(path, sizeof path, "%d/uid_map", (int)pid);
	snprintf(map, sizeof map, "0 0 1\n1 1 %u\n", (uint32_t)step->value[1]);
	return write_file(proc, path, map);
}

__attribute__((noreturn)) static void mapper_main(const struct plan *plan, int proc, int asked)
{
	int32_t word = 0;

	if (capabilities_set(1ull << CAP_SETUID | 1ull << CAP_SETGID | 1ull << CAP_SETFCAP) < 0 ||
	    recv(asked, &word, sizeof word, 0) != sizeof word)
		_exit(1);
	word = map_inner(plan, proc, word) < 0 ? errno : 0;
	send(asked, &word, sizeof word, MSG_NOSIGNAL);
	_exit(0);
}

int mapper_start(struct mapper *mapper, const struct plan *plan, int proc)
{
	int ends[2];

	if (!(plan->header->flags & PLAN_SUB_IDS))
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	mapper->pid = fork();
	if (mapper->pid == 0)
		mapper_main(plan, proc, ends[1]);
	close(ends[1]);
	/* out of the way of the payload's descriptors 0 to 2 */
	mapper->socket = fcntl(ends[0], F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	close(ends[0]);
	return mapper->pid < 0 || mapper->socket < 0 ? -1 : 0;
}

void mapper_end(struct mapper *mapper, struct job_page *page)
{
	struct rusage usage;

	if (mapper->pid <= 0)
		return;
	close_fd(&mapper->socket);
	kill(mapper->pid, SIGKILL);
	waitpid(mapper->pid, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &usage);
	page->setup_user_us += (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
	page->setup_system_us +=
		(uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
	mapper->pid = 0;
}

int mapper_ask(const struct mapper *mapper)
{
	int32_t word = (int32_t)getpid();

	if (send(mapper->socket, &word, sizeof word, MSG_NOSIGNAL) != sizeof word ||
	    recv(mapper->socket, &word, sizeof word, 0) != sizeof word) {
		errno = EPIPE;
		return -1;
	}
	errno = word;
	return word ? -1 : 0;
}
