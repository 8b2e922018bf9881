/* Prints one fact about the process it was born as; the names are those of /proc/self/status where
 * they exist. */
#include <linux/securebits.h>

#include "probe.h"

static void print_status(const char *key)
{
	char line[512];
	FILE *status = fopen("/proc/self/status", "re");

	if (status == NULL)
		broken("/proc/self/status");
	while (fgets(line, sizeof line, status) != NULL)
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
			char *value = line + strlen(key) + 1;
			printf("%s", value + strspn(value, " \t"));
			exit(0);
		}
	printf("broken: no %s\n", key);
	exit(99);
}

static void print_limit(const char *name)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{ "core", RLIMIT_CORE },
		{ "memlock", RLIMIT_MEMLOCK },
		{ "msgqueue", RLIMIT_MSGQUEUE },
		{ "sigpending", RLIMIT_SIGPENDING },
		{ "nice", RLIMIT_NICE },
		{ "rtprio", RLIMIT_RTPRIO },
		{ "nofile", RLIMIT_NOFILE },
		{ "nproc", RLIMIT_NPROC },
		{ "fsize", RLIMIT_FSIZE },
		{ "stack", RLIMIT_STACK },
		{ "data", RLIMIT_DATA },
		{ "cpu", RLIMIT_CPU },
		{ "as", RLIMIT_AS },
		{ "rss", RLIMIT_RSS },
		{ "locks", RLIMIT_LOCKS },
		{ "rttime", RLIMIT_RTTIME },
	};
	struct rlimit limit;

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (strcmp(name, limits[i].name) == 0 && getrlimit(limits[i].resource, &limit) == 0) {
			printf("%lld %lld\n", (long long)limit.rlim_cur, (long long)limit.rlim_max);
			exit(0);
		}
}

static void print_ignored_signals(void)
{
	sigset_t blocked;
	int odd = 0;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int number = 1; number < 65; number++) {
		struct sigaction action;
		int ignored = sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
		if (number == 32 || number == 33 || number == 34)
			continue;
		if (ignored || sigismember(&blocked, number) == 1) {
			printf("signal %d %s\n", number, ignored ? "ignored" : "blocked");
			odd++;
		}
	}
	printf("odd %d\n", odd);
}

int main(int argc, char **argv)
{
	const char *what = argument(argc, argv, 1);
	char text[256] = { 0 };
	mode_t mask;

	if (strcmp(what, "securebits") == 0)
		printf("%d\n", prctl(PR_GET_SECUREBITS));
	else if (strcmp(what, "session") == 0)
		printf("%s\n", getsid(0) == getpid() ? "own" : "shared");
	else if (strcmp(what, "pid") == 0)
		printf("%d %d\n", getpid(), getppid());
	else if (strcmp(what, "ids") == 0)
		printf("%d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
	else if (strcmp(what, "umask") == 0)
		mask = umask(0), printf("%04o\n", (unsigned)mask);
	else if (strcmp(what, "cwd") == 0)
		printf("%s\n", getcwd(text, sizeof text) ? text : errno_name(errno));
	else if (strcmp(what, "priority") == 0)
		printf("%d\n", getpriority(PRIO_PROCESS, 0));
	else if (strcmp(what, "signals") == 0)
		print_ignored_signals();
	else if (strcmp(what, "terminal") == 0)
		printf("%s\n", open("/dev/tty", O_RDWR) < 0 ? errno_name(errno) : "has one");
	else if (strcmp(what, "environment") == 0)
		for (char **entry = environ; *entry != NULL; entry++)
			puts(*entry);
	else
		print_limit(what), print_status(what);
	return 0;
}
