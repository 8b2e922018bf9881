/*
 * The only code that speaks to the host. Records have one size and carry no strings; the channel is
 * SOCK_SEQPACKET, so a record arrives whole or not at all.
 */
#include "report.h"

#include "clock.h"
#include "sys.h"

#include <string.h>
#include <sys/socket.h>

void report_fill(struct report *report, uint32_t kind, const struct job_page *page)
{
	memset(report, 0, sizeof *report);
	report->kind = kind;
	report->step = -1;
	report->ns = now_ns();
	if (page)
		memcpy(report->stamps, page->stamps, sizeof report->stamps);
}

/* A host that does not read its few records must not hold up the end of a job: never blocks. */
int report_send(int channel, const struct report *report, const int *fds, int fd_count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * (STARTED_TMPFS + STARTED_TMPFS_MAX))];
	} control = { 0 };
	struct iovec body = { (void *)(uintptr_t)report, sizeof *report };
	struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1 };

	if (fd_count > 0) {
		size_t bytes = sizeof(int) * (size_t)fd_count;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.header), fds, bytes);
	}
	return sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}
