/*
 * Probes of a network of a job's own. What a job would have the kernel told is given by the host, which writes it for jobs, too: two
 * hexadecimal digits for each byte, in the environment variable SANDBOX_DOCTOR_REDIRECT.
 */
#define _GNU_SOURCE
#include "doctor_network.h"

#include "doctor_namespaces.h"
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static int digit(char letter)
{
	return letter >= '0' && letter <= '9' ? letter - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The bytes in place of their digits; their number, 0 for what is none. */
static size_t decode(char *digits)
{
	size_t count = strlen(digits) / 2;

	for (size_t i = 0; i < count; i++) {
		int high = digit(digits[2 * i]), low = digit(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		digits[i] = (char)(high << 4 | low);
	}
	return count;
}

int try_redirect(uint64_t *value)
{
	char *messages = getenv("SANDBOX_DOCTOR_REDIRECT");
	size_t size = messages ? decode(messages) : 0;
	uint32_t failed = 0;
	int fd;

	errno = ENODATA;
	if (size == 0 || !netlink_is_whole(messages, size) || enter_namespaces(CLONE_NEWNET) < 0)
		return -1;
	fd = netlink_open(NETLINK_NETFILTER);
	if (fd < 0 || netlink_send(fd, messages, size, &failed) < 0) {
		*value = failed;
		return -1;
	}
	return 0;
}
