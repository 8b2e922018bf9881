/*
 * What the launcher does about its originals. Each serves one process 1 at a time, and the next one only when the last is reaped and has
 * found that its job left nothing behind: the inodes of a root are in the hands of one job at a time, as they are where every job makes its own.
 */
#include "originals.h"

#include "clock.h"
#include "message.h"
#include "original.h"
#include "sys.h"

#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* It only clones; one that takes longer was stopped, and jobs wait. */
#define CLONE_MS 100

static struct original *place(struct originals *originals)
{
	for (int i = 0; i < ORIGINALS_MAX; i++)
		if (!originals->of[i].pid)
			return &originals->of[i];
	return NULL;
}

__attribute__((noreturn)) static void begin(const struct kinds *kinds, int kind, struct request *request, uint32_t uid, uint32_t gid)
{
	page_give_up_others(request->page);
	request_close_others(request);
	kinds_give_up_others(kinds, kind);
	original_main(request, uid, gid);
}

void originals_make(struct originals *originals, struct kinds *kinds, int kind, struct request *request)
{
	struct original *original = place(originals);
	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_NEWUSER | CLONE_NEWNS, .exit_signal = SIGCHLD };
	const uint32_t uid = geteuid(), gid = getegid();
	int ends[2];

	if (!original || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	request_reset(request);
	request->page = page_new();
	request->lifeline = ends[1];
	template_request(&kinds->of[kind].plan, request);
	*original = (struct original){ .kind = kind, .socket = ends[0], .pidfd = -1, .born = now_ns(), .page = request->page };
	args.pidfd = (uint64_t)(uintptr_t)&original->pidfd;
	original->pid = (pid_t)sys_clone3(&args);
	if (original->pid == 0)
		begin(kinds, kind, request, uid, gid);
	close(ends[1]);
	if (original->pid > 0) {
		page_keep(original->page);
		return;
	}
	close(ends[0]);
	page_drop(original->page);
	original->pid = 0;
	kinds_pause_copies(&kinds->of[kind]);
}

unsigned originals_count(const struct originals *originals)
{
	unsigned count = 0;

	for (int i = 0; i < ORIGINALS_MAX; i++)
		count += originals->of[i].pid && !originals->of[i].dying;
	return count;
}

unsigned originals_of(const struct originals *originals, int kind)
{
	unsigned count = 0;

	for (int i = 0; i < ORIGINALS_MAX; i++)
		count += originals->of[i].pid && !originals->of[i].dying && originals->of[i].kind == kind;
	return count;
}

int originals_are_coming(const struct originals *originals, int kind)
{
	for (int i = 0; i < ORIGINALS_MAX; i++)
		if (originals->of[i].pid && !originals->of[i].dying && originals->of[i].kind == kind && !originals->of[i].ready)
			return 1;
	return 0;
}

struct original *originals_free(struct originals *originals, int kind, uint64_t longest_ns)
{
	const uint64_t now = now_ns();
	struct original *youngest = NULL;

	for (int i = 0; i < ORIGINALS_MAX; i++) {
		struct original *original = &originals->of[i];

		if (original->pid && original->kind == kind && original->ready && !original->lent && !original->dying && now - original->born <= longest_ns &&
		    (!youngest || original->born > youngest->born))
			youngest = original;
	}
	return youngest;
}

/* It is reaped when it has ended. What was cloned from it goes on, with the page that is its own from now on. */
void originals_let_go(struct original *original)
{
	syscall(SYS_pidfd_send_signal, original->pidfd, SIGKILL, NULL, 0);
	original->dying = 1;
	if (!original->lent)
		page_drop(original->page);
	original->page = NULL;
}

static int is_answered(int socket_fd)
{
	struct pollfd event = { .fd = socket_fd, .events = POLLIN };

	return poll(&event, 1, CLONE_MS) == 1;
}

pid_t originals_clone(struct original *original, int *lifeline, int *pidfd)
{
	int lifelines[2];
	int32_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return -1;
	page_clear(original->page);
	if (message_send(original->socket, &lifelines[1], 1) < 0 || !is_answered(original->socket) ||
	    message_receive_command(original->socket, &pid, pidfd) < 0) {
		/* whoever may have been cloned ends with the lifeline, and no job was meant for him */
		close(lifelines[0]);
		close(lifelines[1]);
		originals_let_go(original);
		return -1;
	}
	close(lifelines[1]);
	original->lent = 1;
	*lifeline = lifelines[0];
	return pid;
}

int originals_take_back(struct originals *originals, struct job_page *page, int left_nothing)
{
	for (int i = 0; i < ORIGINALS_MAX; i++) {
		struct original *original = &originals->of[i];

		if (!original->pid || original->page != page)
			continue;
		original->lent = 0;
		if (!left_nothing)
			originals_let_go(original);
		return 1;
	}
	return 0;
}

void originals_forget(struct originals *originals, int kind)
{
	for (int i = 0; i < ORIGINALS_MAX; i++)
		if (originals->of[i].pid && !originals->of[i].dying && originals->of[i].kind == kind)
			originals_let_go(&originals->of[i]);
}

void originals_wait(const struct originals *originals, struct pollfd *events)
{
	for (int i = 0; i < ORIGINALS_MAX; i++) {
		const struct original *original = &originals->of[i];

		events[2 * i] = (struct pollfd){ .fd = original->pid ? original->pidfd : -1, .events = POLLIN };
		events[2 * i + 1] = (struct pollfd){ .fd = original->pid && !original->ready && !original->dying ? original->socket : -1, .events = POLLIN };
	}
}

static void reap(struct original *original)
{
	if (!original->dying)
		originals_let_go(original);
	syscall(SYS_waitid, P_PIDFD, original->pidfd, NULL, WEXITED | WNOHANG, NULL);
	close(original->socket);
	close(original->pidfd);
	original->pid = 0;
}

void originals_serve(struct originals *originals, const struct pollfd *events, struct kinds *kinds, uint64_t longest_ns)
{
	const uint64_t now = now_ns();

	for (int i = 0; i < ORIGINALS_MAX; i++) {
		struct original *original = &originals->of[i];
		char word;

		if (!original->pid)
			continue;
		if (events[2 * i].fd == original->pidfd && events[2 * i].revents) {
			if (!original->dying)
				kinds_pause_copies(&kinds->of[original->kind]);
			reap(original);
		} else if (!original->dying && now - original->born > longest_ns) {
			originals_let_go(original);
		} else if (!original->ready && events[2 * i + 1].revents & POLLIN) {
			original->ready = recv(original->socket, &word, sizeof word, MSG_DONTWAIT) == sizeof word;
		}
	}
}

uint64_t originals_oldest(const struct originals *originals)
{
	uint64_t oldest = 0;

	for (int i = 0; i < ORIGINALS_MAX; i++) {
		const struct original *original = &originals->of[i];

		if (original->pid && !original->dying && (!oldest || original->born < oldest))
			oldest = original->born;
	}
	return oldest;
}

int originals_have(const struct originals *originals, pid_t pid)
{
	for (int i = 0; i < ORIGINALS_MAX; i++)
		if (originals->of[i].pid == pid)
			return 1;
	return 0;
}

void originals_end(struct originals *originals)
{
	for (int i = 0; i < ORIGINALS_MAX; i++)
		if (originals->of[i].pid)
			kill(originals->of[i].pid, SIGKILL);
}
