/*
 * What a launcher does about what it was started with, before there is any job: all of it would be inherited.
 */
#include "prepare.h"

#include "message.h"
#include "sys.h"

#include <grp.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/*
 * A keyring is shared by everything that inherits it. One per launcher, with nobody allowed to do
 * anything with it; one per job would exhaust the user's quota (keyrings(7), /proc/sys/kernel/keys).
 */
static void join_inert_keyring(void)
{
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

	if (ring >= 0)
		syscall(SYS_keyctl, KEYCTL_SETPERM, ring, 0);
}

/*
 * A job gets limits of its plan; the caller's soft ones are not meant for us, who hold three descriptors for each job,
 * write its files, and use a little CPU time for every one of them.
 */
static void raise_limits(void)
{
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		struct rlimit limit;

		if (getrlimit(resource, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resource, &limit);
	}
}

int prepare(void)
{
	/* 1, not 0: see RlimitTable.cs, and a job could not raise it again */
	struct rlimit no_core = { .rlim_cur = 1, .rlim_max = 1 };
	struct sigaction action;
	sigset_t none;

	memset(&action, 0, sizeof action);
	action.sa_handler = SIG_DFL;
	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &action, NULL);
	/* pid 1 inherits the mask: SIGCHLD is read from a signalfd */
	sigemptyset(&none);
	sigaddset(&none, SIGCHLD);
	/* a file of the job's that the caller may not write is an error with a name; a payload is to die of it, and has no mask */
	sigaddset(&none, SIGXFSZ);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sys_close_range(CONTROL_FD + 1, ~0u, 0);
	/* what the caller's process group gets, Ctrl-C for one, is for the host to act upon; Ctrl-Z would stop our clock */
	setsid();
	raise_limits();
	setrlimit(RLIMIT_CORE, &no_core);
	join_inert_keyring();
	/* as real root: none of its groups may follow into a job (credentials(7)) */
	return geteuid() == 0 ? setgroups(0, NULL) : 0;
}
