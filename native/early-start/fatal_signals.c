/*
 * Signals that mean a broken program: sent by somebody else, they are to end a run of isolate with words and a whole meta-file, as every signal does.
 * They cannot be blocked like the others, since the runtime throws exceptions of those that the kernel sends; only who sent one tells them apart.
 */
#define _GNU_SOURCE
#include "fatal_signals.h"

#include <signal.h>
#include <unistd.h>

#define SIGNALS (sizeof fatal / sizeof *fatal)

static const int fatal[] = { SIGILL, SIGBUS, SIGFPE, SIGSEGV };

static struct sigaction before[SIGNALS];
static volatile sig_atomic_t sent, passing;

static const struct sigaction by_default = { .sa_handler = SIG_DFL };

/* Of the kernel: whose they were before. The runtime calls in turn who was there before it, and finds us once more. */
static void pass_on(const struct sigaction *handler, int signal, siginfo_t *from, void *context)
{
	if (handler->sa_flags & SA_SIGINFO)
		handler->sa_sigaction(signal, from, context);
	else if (handler->sa_handler != SIG_DFL && handler->sa_handler != SIG_IGN)
		handler->sa_handler(signal);
	else
		sigaction(signal, handler, NULL); /* it comes again at once, and then ends us */
}

/* Not of the kernel's: kill(2), sigqueue(3) and tgkill(2) say so (sigaction(2), si_code). What is blocked in all threads waits for the one that takes it. */
static void take(int signal, siginfo_t *from, void *context)
{
	if (from->si_code <= 0) {
		sent = sent ? sent : signal;
		kill(getpid(), SIGABRT);
		return;
	}
	if (passing) {
		sigaction(signal, &by_default, NULL);
		return;
	}
	passing = 1;
	for (size_t i = 0; i < SIGNALS; i++)
		if (fatal[i] == signal)
			pass_on(&before[i], signal, from, context);
	passing = 0;
}

void sandbox_take_fatal(void)
{
	struct sigaction ours = { .sa_sigaction = take };

	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(fatal[i], NULL, &before[i]);
		ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | (before[i].sa_flags & SA_NODEFER);
		ours.sa_mask = before[i].sa_mask;
		sigaction(fatal[i], &ours, NULL);
	}
}

int sandbox_fatal_sent(void)
{
	return sent;
}
