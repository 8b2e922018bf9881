/*
 * SIGXFSZ by the kernel's hand and SIGXFSZ that a job sends itself end a process with the same wait status, and
 * the siginfo is the same too (send_sig, kernel/signal.c: SI_USER, from itself). So every filter hands the calls that send
 * it to pid 1 (SignalWitness.cs), which writes down that there was one and lets it happen. Of sockets with which names
 * can be asked it is told in the same way (SocketWitness.cs).
 */
#include "witness.h"

#include "sys.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>

static int holds(unsigned operation, uint32_t value, uint32_t k)
{
	switch (operation) {
	case BPF_JEQ:
		return value == k;
	case BPF_JGT:
		return value > k;
	case BPF_JGE:
		return value >= k;
	default:
		return (value & k) != 0;
	}
}

/*
 * The filter's answer in full: the kernel keeps the data of an action to itself. These are the instructions
 * that BpfInstruction knows (src/Sandbox/Policies/BpfProgram.cs); the kernel has checked that every jump stays within the program (seccomp(2)).
 */
uint32_t filter_answer(const struct plan *plan, const struct seccomp_data *data)
{
	const struct sock_filter *at =
		(const struct sock_filter *)(const void *)(plan->blob + plan_find(plan, STEP_SECCOMP)->value[0]);
	uint32_t value = 0;

	for (;; at++)
		switch (at->code) {
		case BPF_RET | BPF_K:
			return at->k;
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&value, (const unsigned char *)data + at->k, sizeof value);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			value &= at->k;
			break;
		case BPF_JMP | BPF_JA:
			at += at->k;
			break;
		default:
			at += holds(BPF_OP(at->code), value, at->k) ? at->jt : at->jf;
		}
}

/* Whether the call may reach the payload: a thread's number and a pidfd do not say whose they are, so they may. */
static int may_reach(const struct seccomp_data *data, pid_t payload)
{
	pid_t pid = (pid_t)data->args[0];

	return data->nr == SYS_tkill || data->nr == SYS_pidfd_send_signal || pid <= 0 || pid == payload;
}

int witness(const struct request *request, struct lookups *lookups, const struct seccomp_notif *call, pid_t payload, uint64_t *sent)
{
	struct seccomp_notif_resp go_on = { .id = call->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	const uint32_t action = filter_answer(&request->plan, &call->data);

	if (action == WITNESS_SOCKET)
		lookups_raise(lookups);
	else if (action != WITNESS_SIGNAL)
		return 0;
	else if (may_reach(&call->data, payload))
		*sent |= SENT_XFSZ;
	ioctl(request->page->listener, SECCOMP_IOCTL_NOTIF_SEND, &go_on); /* ENOENT: the caller died meanwhile */
	return 1;
}
