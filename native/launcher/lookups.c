/*
 * Names, where there is nobody to ask. Resolvers take silence, and a refusal, for a fault that may pass: they wait for
 * seconds and say "try again", and programs do. So pid 1 answers on port 53 of the job's own loopback device that there is no
 * such name. Without a network the device is down, until the job makes a socket with which it could ask.
 */
#include "lookups.h"

#include "capabilities.h"
#include "clock.h"
#include "device.h"
#include "sys.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define DNS_HEADER 12
#define DNS_QUESTION_END 5 /* of a name's last byte, the type and the class */
#define DNS_LONGEST 512	   /* RFC 1035, section 4.2.1: without EDNS, which a resolver does not need to be told this */

/* Work of ours that the job causes and nobody charges to it: so much at once, then one piece for each interval. */
#define PIECES 1024u
#define INTERVAL_NS (LOOKUPS_PAUSE_MS * 1000000ull)

/* What waits for us; and answers that wait unread in sockets of the job are its memory, which version 1 of control groups does not count. */
#define RECEIVE_BYTES (64 << 10)
#define MOST_ANSWERS 16384u

static int open_port(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(DNS_PORT) };
	const int on = 1, room = RECEIVE_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof any) == 0 &&
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0)
		return fd;
	if (fd >= 0)
		close_fd(&fd);
	return -1;
}

int lookups_begin(struct lookups *lookups, int on_demand)
{
	lookups->pieces = PIECES;
	lookups->on_demand = on_demand;
	if (on_demand)
		return 0;
	lookups->port = open_port();
	return lookups->port < 0 ? -1 : 0;
}

/* What it takes to raise the device later; nothing where the job's filter never tells us of a socket. */
uint64_t lookups_privileges(const struct lookups *lookups, const struct plan *plan)
{
	const struct plan_step *step = plan_find(plan, STEP_SECCOMP);
	const struct sock_filter *filter;

	if (!lookups->on_demand)
		return 0;
	filter = (const struct sock_filter *)(const void *)(plan->blob + step->value[0]);
	for (uint64_t i = 0; i < step->value[1] / sizeof *filter; i++)
		if (filter[i].code == (BPF_RET | BPF_K) && filter[i].k == WITNESS_SOCKET)
			return 1ull << CAP_NET_ADMIN | 1ull << CAP_NET_BIND_SERVICE;
	return 0;
}

/* The job is about to make a socket that names can be asked with. Whatever fails leaves it without answers, and with nothing up. */
void lookups_raise(struct lookups *lookups)
{
	lookups->pieces -= lookups->pieces > 0;
	if (!lookups->on_demand)
		return;
	lookups->on_demand = 0;
	lookups->port = open_port();
	if (lookups->port >= 0 && device_raise() < 0) {
		close_fd(&lookups->port);
		lookups->port = -1;
	}
	capabilities_set(0);
}

/* The length of the header and the one question; 0 for what is no query, and gets no answer. */
static size_t question_end(const unsigned char *query, size_t size)
{
	size_t at = DNS_HEADER;

	/* QR 0, OPCODE 0; QDCOUNT 1 */
	if (size < DNS_HEADER || (query[2] & 0xf8) != 0 || query[4] != 0 || query[5] != 1)
		return 0;
	while (at < size && query[at] > 0 && query[at] < 64)
		at += 1u + query[at];
	return at < size && query[at] == 0 && size - at >= DNS_QUESTION_END ? at + DNS_QUESTION_END : 0;
}

/* Makes the answer NXDOMAIN of a query, in its place (RFC 1035, section 4.1.1): what it asked, and nothing more. */
static size_t deny(unsigned char *query, size_t size)
{
	size_t end = question_end(query, size);

	if (end == 0)
		return 0;
	query[2] = (unsigned char)(0x84 | (query[2] & 0x01)); /* QR, AA, and RD as it came */
	query[3] = 0x83; /* RA, RCODE 3 */
	memset(query + 6, 0, DNS_HEADER - 6);
	return end;
}

/* The answer comes from the address that was asked: resolvers take no other (ip(7), IP_PKTINFO). */
static void send_back(int port, struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (!control || control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO)
		return;
	((struct in_pktinfo *)(void *)CMSG_DATA(control))->ipi_ifindex = 0;
	sendmsg(port, message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int answer_one(struct lookups *lookups)
{
	unsigned char bytes[DNS_LONGEST];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in from;
	struct iovec data = { bytes, sizeof bytes };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &data, .msg_iovlen = 1,
				  .msg_control = control, .msg_controllen = sizeof control };
	ssize_t size = recvmsg(lookups->port, &message, MSG_DONTWAIT);

	if (size < 0)
		return 0;
	lookups->pieces--;
	data.iov_len = deny(bytes, (size_t)size);
	if (data.iov_len == 0 || lookups->answers >= MOST_ANSWERS)
		return 1;
	lookups->answers++;
	send_back(lookups->port, &message);
	return 1;
}

/* Answers what waits, as far as there is work to be given. */
void lookups_answer(struct lookups *lookups)
{
	for (int i = 0; i < 16 && lookups->pieces > 0; i++)
		if (!answer_one(lookups))
			return;
}

int lookups_have_time(struct lookups *lookups)
{
	uint64_t now, pieces;

	/* nothing was asked yet, or not much */
	if (lookups->pieces > PIECES / 2)
		return 1;
	now = now_ns();
	pieces = (now - lookups->counted_at) / INTERVAL_NS;
	if (pieces > 0) {
		lookups->pieces += (uint32_t)(pieces < PIECES - lookups->pieces ? pieces : PIECES - lookups->pieces);
		lookups->counted_at = now;
	}
	return lookups->pieces > 0;
}
