/*
 * Holds as many as it can of one thing that lives in the kernel, up to a stated number, and prints how many and
 * what the kernel said to one more: "COUNT ERRNO", or "COUNT none" if nobody stopped it.
 */
#include <linux/filter.h>
#include <mqueue.h>
#include <sys/inotify.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include "probe.h"

#define PIPE_BYTES (1 << 20)

static int s_file, s_ends[2];

static long hold_timer(long i)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	return timer_create(CLOCK_MONOTONIC, &event, &timer);
}

static long hold_signal(long i)
{
	return sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 });
}

static long hold_queue(long i)
{
	char name[32];

	snprintf(name, sizeof name, "/hoard-%ld", i);
	return mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
}

static long hold_message_queue(long i)
{
	return msgget(IPC_PRIVATE, 0600);
}

static long hold_message(long i)
{
	struct {
		long type;
	} empty = { 1 };

	if (i == 0 && (s_file = msgget(IPC_PRIVATE, 0600)) < 0)
		return -1;
	return msgsnd(s_file, &empty, 0, IPC_NOWAIT);
}

static long hold_semaphores(long i)
{
	return semget(IPC_PRIVATE, 200, 0600);
}

static long hold_watch(long i)
{
	char name[32];

	if (i == 0 && (s_file = inotify_init1(0)) < 0)
		return -1;
	snprintf(name, sizeof name, "/tmp/watched-%ld", i);
	return mkdir(name, 0700) < 0 ? -1 : inotify_add_watch(s_file, name, IN_CREATE);
}

static long hold_instance(long i)
{
	return inotify_init1(0);
}

static long hold_pipe(long i)
{
	int ends[2];

	return pipe(ends);
}

/* A mebibyte each. */
static long hold_pipe_room(long i)
{
	int ends[2];

	return pipe(ends) < 0 ? -1 : fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
}

static long hold_in_flight(long i)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	static int pairs[4096][2];

	if (i % 64 == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i / 64]) < 0)
		return -1;
	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					   .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &pairs[i / 64][1], sizeof(int));
	return sendmsg(pairs[i / 64][0], &message, MSG_DONTWAIT);
}

static long hold_attribute(long i)
{
	static char value[60000];
	char name[32];

	if (i == 0 && (s_file = open("/tmp/attributes", O_RDWR | O_CREAT, 0600)) < 0)
		return -1;
	snprintf(name, sizeof name, "user.%ld", i);
	return fsetxattr(s_file, name, value, sizeof value, 0);
}

static long hold_locked_page(long i)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? -1 : mlock(page, 4096);
}

static long hold_filter(long i)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog program = { 1, &all };

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s_ends) < 0)
		return -1;
	return setsockopt(s_ends[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static long hold_requests(long i)
{
	unsigned long context = 0;

	return syscall(SYS_io_setup, 1, &context);
}

static const struct {
	const char *name;
	long (*hold)(long i);
} kinds[] = {
	{ "timers", hold_timer },
	{ "signals", hold_signal },
	{ "queues", hold_queue },
	{ "message-queues", hold_message_queue },
	{ "messages", hold_message },
	{ "semaphore-sets", hold_semaphores },
	{ "watches", hold_watch },
	{ "inotify-instances", hold_instance },
	{ "pipes", hold_pipe },
	{ "pipe-room", hold_pipe_room },
	{ "in-flight", hold_in_flight },
	{ "attributes", hold_attribute },
	{ "locked-pages", hold_locked_page },
	{ "filters", hold_filter },
	{ "requests", hold_requests },
};

int main(int argc, char **argv)
{
	const char *kind = argument(argc, argv, 1);
	long most = atol(argument(argc, argv, 2)), held = 0;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kind, kinds[i].name) != 0)
			continue;
		while (held < most && kinds[i].hold(held) >= 0)
			held++;
		printf("%ld %s\n", held, held < most ? errno_name(errno) : "none");
		return 0;
	}
	printf("broken: no such kind: %s\n", kind);
	return 99;
}
