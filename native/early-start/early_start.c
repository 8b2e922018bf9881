/*
 * Linked into the `sandbox` executable. A constructor runs before the managed runtime, which takes
 * milliseconds to come up: the launcher is started here, in a process that is still small and has one
 * thread, and prepares the namespaces of one job on another CPU meanwhile. Only for `sandbox exec`, `run` and
 * `isolate --run`; if anything fails, nothing has happened, and managed code starts a launcher of its own.
 */
#define _GNU_SOURCE
#include "fatal_signals.h"
#include "hand_over.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

#define LEAST_ROOM (96ul << 20)
#define LOWEST_FD 10 /* above any number that the child's descriptors get */

/* What a job can inherit (plan.h, PLAN_FIRST_PIPE and PLAN_LAST_PIPE), and the bit for anything above. */
#define FIRST_INHERITED 3
#define LAST_INHERITED 47
#define BEYOND_INHERITED 48

/* the launcher, by way of the linker (build.sh) */
extern const char launcher_begin[] __asm__("_binary_launcher_start");
extern const char launcher_end[] __asm__("_binary_launcher_end");

static int control = -1;
static pid_t launcher;
static unsigned long long inherited; /* a bit for each descriptor that the caller had open */

static int open_launcher(void)
{
	size_t size = (size_t)(launcher_end - launcher_begin);
	int low = memfd_create("sandbox", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	int file;

	if (low < 0 && errno == EINVAL)
		low = memfd_create("sandbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	file = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, LOWEST_FD);
	if (low >= 0)
		close(low);
	if (file >= 0 &&
	    (write(file, launcher_begin, size) != (ssize_t)size ||
	     fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)) {
		close(file);
		file = -1;
	}
	return file;
}

/*
 * fork, because this process is still small: posix_spawn would make the runtime wait for the exec, and a
 * child that shares memory until its exec makes the runtime's membarrier(2) wait for an RCU grace
 * period, some 8 ms (kernel/sched/membarrier.c, mm_users).
 */
static int spawn(int file, int theirs, int null, int beginning)
{
	char *const arguments[] = { (char *)"sandbox", (char *)"once", beginning < 0 ? NULL : (char *)"beginning", NULL };
	char *const environment[] = { NULL };
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	launcher = fork();
	if (launcher != 0)
		return launcher < 0 ? -1 : 0;
	dup2(theirs, 3);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (beginning >= 0)
		dup2(beginning, 4); /* BEGINNING_FD */
	execve(path, arguments, environment);
	_exit(127); /* its end of the socket closes, and managed code starts one of its own */
}

static int high(int *fd)
{
	int low = *fd;

	*fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, LOWEST_FD);
	if (low >= 0)
		close(low);
	return *fd;
}

/* This user's, and nobody else's. (Not fstat(2), whose symbol is newer than the C library that is asked for.) */
static int is_private(int fd, mode_t type)
{
	struct statx status;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_UID, &status) == 0 && (status.stx_mode & S_IFMT) == type &&
	       status.stx_uid == geteuid() && !(status.stx_mode & 077);
}

/*
 * What the plan of the last job began with (PlanBeginning.cs), where no job comes to write: the launcher can make that for the next job
 * before there is a plan of it, and compares it with the plan once it is there. It is not waited for if it is a FIFO.
 */
static int open_beginning(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[256];
	int directory, file;

	if (!runtime || *runtime != '/' || snprintf(path, sizeof path, "%s/sandbox", runtime) >= (int)sizeof path)
		return -1;
	directory = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return -1;
	file = is_private(directory, S_IFDIR) ? openat(directory, "beginning", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	close(directory);
	if (file >= 0 && !is_private(file, S_IFREG)) {
		close(file);
		file = -1;
	}
	return high(&file);
}

static void start(void)
{
	int ends[2] = { -1, -1 };
	int file = open_launcher();
	int beginning = open_beginning();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (file >= 0 && high(&null) >= 0 &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 && high(&ends[0]) >= 0 &&
	    high(&ends[1]) >= 0 && spawn(file, ends[1], null, beginning) == 0) {
		control = ends[0];
		ends[0] = -1;
	}
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	if (null >= 0)
		close(null);
	if (beginning >= 0)
		close(beginning);
	if (file >= 0)
		close(file);
}

/*
 * The next file opened would get the number of a standard descriptor that the caller had closed, and output would be written
 * into it; the runtime opens files, some for good. Open for the other direction, the replacement fails like the closed one
 * (EBADF), but for stderr, which is closed to silence it.
 */
static void occupy(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
}

/*
 * Below this the runtime dies in the middle of whatever it needs memory for, by a signal and without a word. A soft limit is
 * the caller's wish for the programs that it starts, and is lifted.
 */
static void check_room(int resource, const char *option, int status)
{
	struct rlimit limit;
	char words[160];

	if (getrlimit(resource, &limit) < 0)
		return;
	if (limit.rlim_cur != limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resource, &limit);
	}
	if (limit.rlim_max == RLIM_INFINITY)
		return;
	/* an arena for each thread would reserve 128 MiB of it */
	mallopt(M_ARENA_MAX, 1);
	if (limit.rlim_max >= LEAST_ROOM)
		return;
	snprintf(words, sizeof words,
		 "sandbox: the limit of %s of this process is too low (ulimit %s): at least %lu KiB are needed\n",
		 resource == RLIMIT_AS ? "address space" : "memory", option, LEAST_ROOM >> 10);
	if (write(STDERR_FILENO, words, strlen(words)) < 0)
		_exit(status);
	_exit(status);
}

/*
 * A run of isolate ends by none of these signals before it has told what became of the job: blocked here they stay blocked in every thread
 * of the runtime, and one of managed code takes them (IsolateSignals.cs). Its launcher was started before.
 */
static void keep_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sandbox_take_fatal();
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
}

/* The first of isolate's own words; 0 if this is another command. */
static int isolate_words(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	if (argc > 0 && strcmp(slash ? slash + 1 : argv[0], "isolate") == 0)
		return 1;
	return argc > 1 && strcmp(argv[1], "isolate") == 0 ? 2 : 0;
}

/* As the reader of the options has it, a beginning of the word is enough, of so many letters at least. */
static int isolate_has(int argc, char **argv, const char *option, size_t least)
{
	int next = isolate_words(argc, argv);

	for (; next > 0 && next < argc && strcmp(argv[next], "--") != 0; next++)
		if (strncmp(argv[next], option, least) == 0 && strncmp(argv[next], option, strlen(argv[next])) == 0)
			return 1;
	return 0;
}

/* What is open beside the standard streams before anything of ours is. */
static void note_inherited(void)
{
	struct dirent *entry;
	DIR *open_ones = opendir("/proc/self/fd");
	int beyond = 0, used = 0;

	while (open_ones && (entry = readdir(open_ones)) != NULL)
		beyond += atoi(entry->d_name) > LAST_INHERITED;
	if (open_ones)
		closedir(open_ones);
	for (int fd = FIRST_INHERITED; fd <= LAST_INHERITED; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			inherited |= 1ull << fd;
			used++;
		}
	/* the directory itself was the lowest that was free, unless nobody knows */
	if (!open_ones || beyond > (used > LAST_INHERITED - FIRST_INHERITED))
		inherited |= 1ull << BEYOND_INHERITED;
}

__attribute__((constructor)) static void before_the_runtime(int argc, char **argv)
{
	const int isolates = isolate_words(argc, argv);
	const int isolate = isolate_has(argc, argv, "--run", 3);
	int runs = !isolates && argc > 1 && strcmp(argv[1], "run") == 0;

	if (isolate && isolate_has(argc, argv, "--inherit-fds", 5))
		note_inherited();
	occupy();
	check_room(RLIMIT_AS, "-v", runs ? 125 : isolates ? 2 : 3);
	check_room(RLIMIT_DATA, "-d", runs ? 125 : isolates ? 2 : 3);
	/* a low ulimit -f is to be an error with words, not our end; the launcher resets it */
	signal(SIGXFSZ, SIG_IGN);
	/* glibc hands a constructor the arguments of main */
	if (!isolates && argc > 2 && strcmp(argv[1], "exec") == 0)
		hand_over(argc, argv);
	if (argc > 2 && (isolate || runs || (!isolates && strcmp(argv[1], "exec") == 0)))
		start();
	if (isolate)
		keep_signals();
}

/* A job that turned out invalid needs no launcher; it ends with its socket, and leaves no zombie to a container's pid 1. */
__attribute__((destructor)) static void after_the_runtime(void)
{
	if (control < 0)
		return;
	close(control);
	waitpid(launcher, NULL, 0);
}

/* The launcher's socket, once; -1 if there is none. */
int sandbox_early_start(int *pid)
{
	int taken = control;

	control = -1;
	*pid = launcher;
	return taken;
}

/* Descriptors 3 to 47 of the caller's, a bit for each; bit 48 for any above. Only of a run of isolate that asks for them. */
unsigned long long sandbox_inherited(void)
{
	return inherited;
}
