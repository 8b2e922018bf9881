/*
 * The host may not enter the job's network namespace, and need not: a socket stays in the one it was made in, whoever has it
 * (network_namespaces(7)). To make one takes no capability, so pid 1 can at any time. What it is connected to is the host's choice alone.
 */
#include "sockets.h"

#include "report.h"
#include "sys.h"

#include <sys/socket.h>

int sockets_family(unsigned char word)
{
	return word == COMMAND_SOCKETS ? AF_INET : word == COMMAND_SOCKETS6 ? AF_INET6 : 0;
}

void sockets_report(int channel, int family)
{
	struct report report;
	int fds[SOCKETS_AT_ONCE];
	int count = 0;

	report_fill(&report, REPORT_SOCKETS, NULL);
	report.detail = (uint32_t)family;
	while (count < SOCKETS_AT_ONCE && (fds[count] = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) >= 0)
		count++;
	report.error = count < SOCKETS_AT_ONCE ? errno : 0;
	report.fd_mask = (1u << count) - 1;
	/* a job can use up what may be in flight (ETOOMANYREFS, unix(7)): whoever waits for sockets hears so */
	if (report_send(channel, &report, fds, count) < 0) {
		report.error = errno;
		report.fd_mask = 0;
		report_send(channel, &report, NULL, 0);
	}
	while (count > 0)
		close_fd(&fds[--count]);
}
