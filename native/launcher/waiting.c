#include "waiting.h"

#include "clock.h"
#include "init.h"
#include "sys.h"

#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

__attribute__((noreturn)) static void wait_for_job(const struct kinds *kinds, int kind, struct request *request, uint32_t uid, uint32_t gid)
{
	page_give_up_others(request->page);
	request_close_others(request);
	kinds_give_up_others(kinds, kind);
	init_ahead(request, uid, gid);
	request_await(request);
	init_main(request);
}

void waiting_make(struct waiting *place, struct kinds *kinds, int kind, struct request *request)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | USUAL_NAMESPACES,
		.pidfd = (uint64_t)(uintptr_t)&place->pidfd,
		.exit_signal = SIGCHLD,
	};
	const uint32_t uid = geteuid(), gid = getegid();
	int lifelines[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lifelines) < 0)
		return;
	request_reset(request);
	request->page = page_new();
	request->lifeline = lifelines[1];
	if (kind != KIND_PLAIN)
		template_request(&kinds->of[kind].plan, request);
	*place = (struct waiting){ .lifeline = lifelines[0], .kind = kind, .born = now_ns(), .page = request->page, .pidfd = -1 };
	args.parent_tid = (uint64_t)(uintptr_t)&request->page->init_pid;
	place->pid = (pid_t)sys_clone3(&args);
	if (place->pid == 0)
		wait_for_job(kinds, kind, request, uid, gid);
	close(lifelines[1]);
	if (place->pid > 0) {
		page_keep(place->page);
		return;
	}
	close(lifelines[0]);
	page_drop(place->page);
	place->pid = 0;
	kinds_pause(&kinds->of[kind]);
}

int waiting_copy(struct waiting *place, struct kinds *kinds, int kind, struct original *original)
{
	struct waiting copy = { .kind = kind, .copied = 1, .born = original->born, .page = original->page };

	copy.pid = originals_clone(original, &copy.lifeline, &copy.pidfd);
	if (copy.pid < 0) {
		kinds_pause_copies(&kinds->of[kind]);
		return -1;
	}
	*place = copy;
	return 0;
}

int waiting_is_idle(const struct waiting *waiting)
{
	return waiting->pid && !waiting->dying;
}

void waiting_let_go(struct waiting *waiting)
{
	syscall(SYS_pidfd_send_signal, waiting->pidfd, SIGKILL, NULL, 0);
	waiting->dying = 1;
}
