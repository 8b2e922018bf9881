/*
 * The holder of a network of jobs: a process of the caller's that keeps a user namespace and a network namespace alive, and says who
 * is in it. It enters neither, for then it could not look at who asks (peer.c); a child makes them, and ends. What is in
 * the network namespace managed code has the kernel told, through a socket that the child made there.
 */
#include "holder.h"

#include "ids.h"
#include "members.h"
#include "message.h"
#include "netlink.h"
#include "peer.h"
#include "prepare.h"
#include "sys.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { ORDER_LISTENER, ORDER_DIRECTORY, ORDER_COUNT };
enum { CARRIED_MAX = 1 + SHARED_MAX };
enum { MADE_NETLINK, MADE_NETWORK, MADE_USER, MADE_MAX };

struct holder {
	int listener;
	int directory; /* that has its name */
	int namespaces[2]; /* as STEP_JOIN_NETWORK takes them */
	int namespace_count;
	char name[MEMBER_NAME];
	ino_t inode; /* of the socket that has this name */
	struct members members;
};

static struct holder self;
static struct pollfd events[1 + MEMBERS_MAX];

/* Real root needs no user namespace of its own: no job is root in the one that it is in. */
static int enter_new_namespaces(void)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	if (uid == 0)
		return unshare(CLONE_NEWNET);
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? -1 : ids_map_self("/proc", uid, gid);
}

__attribute__((noreturn)) static void make_apart(int answer)
{
	const int count = geteuid() == 0 ? 2 : 3;
	int fds[MADE_MAX] = { -1, -1, -1 }, error;

	if (enter_new_namespaces() == 0) {
		fds[MADE_NETLINK] = netlink_open(NETLINK_ROUTE);
		fds[MADE_NETWORK] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		fds[MADE_USER] = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
		if (fds[MADE_NETLINK] >= 0 && fds[MADE_NETWORK] >= 0 && fds[MADE_USER] >= 0 && message_send(answer, fds, count) == 0)
			_exit(0);
	}
	error = errno;
	_exit(error > 0 && error < 256 ? error : EIO);
}

/* The socket in the new network namespace, which is the starter's; -1 with errno. */
static int make_namespaces(struct holder *holder)
{
	int ends[2], fds[PLAN_MAX_FDS], count, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		make_apart(ends[1]);
	close_fd(&ends[1]);
	count = pid < 0 ? -1 : message_receive(ends[0], 0, fds);
	close_fd(&ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	if (count < MADE_USER) {
		errno = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EIO;
		return -1;
	}
	if (count > MADE_USER)
		holder->namespaces[holder->namespace_count++] = fds[MADE_USER];
	holder->namespaces[holder->namespace_count++] = fds[MADE_NETWORK];
	return fds[MADE_NETLINK];
}

/* What the network is to be, and where it is asked for. */
static int take_order(struct holder *holder, int starter)
{
	int fds[PLAN_MAX_FDS];
	struct network_question order;
	struct stat named;

	if (message_receive(starter, 0, fds) != ORDER_COUNT || recv(starter, &order, sizeof order, 0) != sizeof order ||
	    order.ask != NETWORK_HOLD || order.name[MEMBER_NAME - 1]) {
		errno = EBADMSG;
		return -1;
	}
	holder->listener = fds[ORDER_LISTENER];
	holder->directory = fds[ORDER_DIRECTORY];
	memcpy(holder->name, order.name, sizeof holder->name);
	holder->members.subnet = order.address;
	holder->members.flags = order.flags & ((1u << NETWORK_MTU) - 1);
	holder->members.mtu = order.flags >> NETWORK_MTU;
	holder->members.since = order.number;
	if (fstatat(holder->directory, holder->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	holder->inode = named.st_ino;
	return 0;
}

static void let_in(struct holder *holder)
{
	struct members *members = &holder->members;
	int fd = accept4(holder->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (members->count == MEMBERS_MAX || !peer_is_caller(fd)) {
		close(fd);
		return;
	}
	members->of[members->count++] = (struct member){ .fd = fd };
}

static int send_answer(int fd, const struct network_answer *answer, const int *fds, int count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * CARRIED_MAX)];
	} control = { 0 };
	const size_t bytes = sizeof(int) * (size_t)count;
	struct iovec body = { (void *)(uintptr_t)answer, sizeof *answer };
	struct msghdr message = { .msg_iov = &body, .msg_iovlen = 1 };

	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(&control.header), fds, bytes);
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static ssize_t receive_question(int fd, struct network_question *question, int *fds, int *count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * SHARED_MAX)];
	} control = { 0 };
	struct iovec body = { question, sizeof *question };
	struct msghdr message = {
		.msg_iov = &body, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};
	ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	*count = 0;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		size_t bytes = header->cmsg_len - CMSG_LEN(0);

		memcpy(fds, CMSG_DATA(header), bytes);
		*count = (int)(bytes / sizeof(int));
	}
	return size;
}

/* What goes with an answer; who joins another job needs the user namespace, not the switch. */
static int carried(const struct holder *holder, const struct network_question *question, int *fds)
{
	const int users = holder->namespace_count - 1;
	const struct member *shared;
	int count = 0;

	if (question->ask == NETWORK_JOIN)
		for (; count < holder->namespace_count; count++)
			fds[count] = holder->namespaces[count];
	shared = question->ask == NETWORK_USE ? members_find_shared(&holder->members, question) : NULL;
	if (!shared)
		return count;
	for (; count < users; count++)
		fds[count] = holder->namespaces[count];
	for (int i = 0; i < SHARED_MAX; i++)
		if (question->flags & (NETWORK_OF_NETWORK << i))
			fds[count++] = shared->shared[i];
	return count;
}

/* The namespaces that came with a question, where they are wanted and as many as is said; otherwise they are closed. 0, or an errno. */
static int keep_shared(struct member *member, const struct network_question *question, int *fds, int count)
{
	int kept = 0, wanted = 0, error = 0;

	for (int i = 0; i < SHARED_MAX; i++)
		wanted += (question->flags & (NETWORK_OF_NETWORK << i)) != 0;
	if (question->ask != NETWORK_SHARE || !member->address || member->id[0] || wanted != count)
		error = question->ask == NETWORK_SHARE || count > 0 ? EINVAL : 0;
	for (int i = 0; i < SHARED_MAX && !error; i++)
		if (question->ask == NETWORK_SHARE && (question->flags & (NETWORK_OF_NETWORK << i)))
			member->shared[i] = fds[kept++];
	for (; kept < count; kept++)
		close(fds[kept]);
	return error;
}

/* 1 if it stays, 0 if it has gone, -1 if it has ended the network. */
static int serve(struct holder *holder, struct member *member)
{
	struct network_question question;
	struct network_answer answer = { 0 };
	int fds[CARRIED_MAX], count = 0, error;
	ssize_t size = receive_question(member->fd, &question, fds, &count);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (size != sizeof question) {
		for (int i = 0; i < count; i++)
			close(fds[i]);
		return 0;
	}
	error = keep_shared(member, &question, fds, count);
	if (error)
		answer.error = error;
	else
		members_answer(&holder->members, member, &question, &answer);
	count = answer.error ? 0 : carried(holder, &question, fds);
	if (send_answer(member->fd, &answer, fds, count) < 0)
		return 0;
	return question.ask == NETWORK_END && !answer.error ? -1 : 1;
}

/* The last one takes the place of one that goes, in both. */
static void let_go(struct members *members, int i)
{
	close(members->of[i].fd);
	events[1 + i] = events[members->count];
	members_remove(members, &members->of[i]);
}

/* First those that have gone: whoever asks after a job has ended is not told of it any more. -1 if one has ended the network. */
static int serve_members(struct holder *holder)
{
	struct members *members = &holder->members;

	for (int i = members->count - 1; i >= 0; i--)
		if (events[1 + i].revents & (POLLHUP | POLLERR))
			let_go(members, i);
	for (int i = members->count - 1; i >= 0; i--) {
		int stays = events[1 + i].revents ? serve(holder, &members->of[i]) : 1;

		if (stays < 0)
			return -1;
		if (stays == 0)
			let_go(members, i);
	}
	return 0;
}

static void serve_all(struct holder *holder)
{
	struct members *members = &holder->members;

	for (;;) {
		events[0] = (struct pollfd){ .fd = holder->listener, .events = POLLIN };
		for (int i = 0; i < members->count; i++)
			events[1 + i] = (struct pollfd){ .fd = members->of[i].fd, .events = POLLIN };
		if (poll(events, 1 + (nfds_t)members->count, -1) < 0) {
			if (errno != EINTR)
				return;
			continue;
		}
		if (serve_members(holder) < 0)
			return;
		if (members_are_over(members))
			return;
		if (events[0].revents)
			let_in(holder);
	}
}

/* Under the lock of those who make networks: by now the name may be another one's. */
static void give_up_name(const struct holder *holder)
{
	struct stat named;

	flock(holder->directory, LOCK_EX);
	if (fstatat(holder->directory, holder->name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == holder->inode)
		unlinkat(holder->directory, holder->name, 0);
	flock(holder->directory, LOCK_UN);
}

int holder_main(int socket_fd)
{
	int32_t error = 0;
	char word;

	if (prepare() < 0 && errno != EPERM)
		return 1;
	/* whoever starts it waits for the program that it started, and has not to wait for a network */
	if (fork() != 0)
		return 0;
	prctl(PR_SET_NAME, "network", 0, 0, 0);
	if (chdir("/") < 0 || take_order(&self, socket_fd) < 0)
		error = errno;
	autoclose int made = error ? -1 : make_namespaces(&self);

	if (made < 0) {
		error = error ? error : errno;
		send(socket_fd, &error, sizeof error, MSG_NOSIGNAL);
		return 1;
	}
	/* the starter has the switch made, and says so */
	if (message_send(socket_fd, &made, 1) < 0 || recv(socket_fd, &word, 1, 0) != 1)
		return 1;
	close(made);
	close(socket_fd);
	made = -1;
	serve_all(&self);
	give_up_name(&self);
	return 0;
}
