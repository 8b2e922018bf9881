/*
 * What the host is told and given once a job has started: what it really is, and what to watch it with.
 */
#include "started.h"

#include "report.h"
#include "sys.h"

#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>

/*
 * sock_diag(7) answers for the network namespace in which the socket was made, whoever asks. Without
 * a namespace of the job's own it would show the host's sockets, which nobody may charge to the job.
 * A kernel without it is no failure (fd -1, and the result says so), but a shortage is: another job
 * could have made it.
 */
static int socket_list(const struct plan *plan, int *fd)
{
	if (!(plan->header->namespaces & CLONE_NEWNET))
		return 0;
	autoclose int low = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	*fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	if (low >= 0)
		return *fd < 0 ? -1 : 0;
	return errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT ? 0 : -1;
}

/*
 * What is in the writable file systems before the payload runs is the sandbox's. The host could only ask after
 * execve, when the job may have written.
 */
void started_count(struct root *root)
{
	struct statfs usage;

	if (fstatfs(root->scratch, &usage) == 0)
		root->page->placed_bytes = (usage.f_blocks - usage.f_bfree) * (uint64_t)usage.f_bsize;
	for (int i = 0; i < root->tmpfs_count; i++)
		if (fstatfs(root->tmpfs[i], &usage) == 0)
			root->page->placed_bytes +=
				(usage.f_blocks - usage.f_bfree) * (uint64_t)usage.f_bsize;
}

static int not_watched(struct job_page *page, uint32_t first_step)
{
	page->error = errno;
	page->step = (int32_t)first_step;
	return -1;
}

/* It may not be possible: ETOOMANYREFS, unix(7), is in reach of other jobs. */
int started_report(struct root *root, const struct terminal *terminal, uint32_t first_step)
{
	struct job_page *page = root->page;
	struct report report;
	int fds[STARTED_TMPFS + STARTED_TMPFS_MAX];
	int count = 0;
	/* shows the ipc namespace of who opened it, to whoever reads it */
	autoclose int segments = openat(root->proc, "sysvipc/shm", O_RDONLY | O_CLOEXEC);

	_Static_assert(STARTED_TMPFS + STARTED_TMPFS_MAX <= 32, "fd_mask has 32 bits");
	if (socket_list(root->plan, &root->sockets) < 0)
		return not_watched(page, first_step);
	const int known[] = { root->mount, root->proc, page->clock,	root->scratch,
			      segments,	   root->sockets,    terminal->master };
	report_fill(&report, REPORT_STARTED, page);
	memcpy(report.namespaces, page->namespaces, sizeof report.namespaces);
	memcpy(report.skipped, page->skipped, sizeof report.skipped);
	report.capabilities = page->capabilities;
	report.no_new_privs = page->no_new_privs;
	report.securebits = page->securebits;
	report.landlock_abi = page->landlock_abi;
	report.shared_inodes = page->shared_inodes;
	report.pid = page->init_pid;
	report.placed_bytes = page->placed_bytes;
	report.setup_user_us = page->setup_user_us;
	report.setup_system_us = page->setup_system_us;
	for (int i = 0; i < STARTED_PORTS; i++)
		if (known[i] >= 0) {
			report.fd_mask |= 1u << i;
			fds[count++] = known[i];
		}
	for (int i = 0; i < root->port_count; i++)
		if (root->ports[i] >= 0) {
			report.fd_mask |= 1u << (STARTED_PORTS + i);
			fds[count++] = root->ports[i];
		}
	for (int i = 0; i < root->tmpfs_count; i++) {
		report.fd_mask |= 1u << (STARTED_TMPFS + i);
		fds[count++] = root->tmpfs[i];
	}
	/* the launcher's wall clock starts here */
	send(root->request->lifeline, &page->stamps[STAMP_STARTED], sizeof(uint64_t),
	     MSG_NOSIGNAL | MSG_DONTWAIT);
	return report_send(root->request->channel, &report, fds, count) == 0 ? 0
									     : not_watched(page, first_step);
}
