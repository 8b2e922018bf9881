/*
 * The launcher, started before the managed runtime, which takes milliseconds to come up: it prepares the namespaces of one job on another
 * CPU meanwhile. Only for `sandbox exec`, `run` and `isolate --run`; if anything fails, managed code starts a launcher of its own.
 */
#include "launch.h"
#include "bare.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

#define LOWEST_FD 10 /* above any number that the child's descriptors get */

/* What a job can inherit (plan.h, PLAN_FIRST_PIPE and PLAN_LAST_PIPE), and the bit for anything above. */
#define FIRST_INHERITED 3
#define LAST_INHERITED 47
#define BEYOND_INHERITED 48

/* the launcher, by way of the linker (build.sh) */
extern const char launcher_begin[] __asm__("_binary_launcher_start");
extern const char launcher_end[] __asm__("_binary_launcher_end");

static int control = -1;
static int launcher;
static unsigned long long inherited; /* a bit for each descriptor that the caller had open */

static int high(int low)
{
	int fd = low < 0 ? -1 : bare_fcntl(low, F_DUPFD_CLOEXEC, LOWEST_FD);

	if (low >= 0)
		bare_close(low);
	return fd;
}

static int open_launcher(void)
{
	const size_t size = (size_t)(launcher_end - launcher_begin);
	int low = (int)CALL(memfd_create, "sandbox", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	int file;

	if (low == -EINVAL)
		low = (int)CALL(memfd_create, "sandbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	file = high(low);
	if (file >= 0 && (bare_write(file, launcher_begin, size) != (long)size ||
			  bare_fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)) {
		bare_close(file);
		file = -1;
	}
	return file;
}

/* fork(2), because this process is as small as it will ever be: it goes on at once, and shares no memory with a child that has not executed yet. */
static int spawn(int file, int theirs, int null, int beginning)
{
	char *const arguments[] = { (char *)"sandbox", (char *)"once", beginning < 0 ? NULL : (char *)"beginning", NULL };
	char *const environment[] = { NULL };
	char path[40];
	struct words words = { path, sizeof path, 0 };

	add(&words, "/proc/self/fd/");
	add_number(&words, (unsigned long)file);
	launcher = (int)CALL(clone, SIGCHLD, 0);
	if (launcher != 0)
		return launcher < 0 ? -1 : 0;
	CALL(dup3, theirs, 3, 0);
	for (int fd = 0; fd < 3; fd++)
		CALL(dup3, null, fd, 0);
	if (beginning >= 0)
		CALL(dup3, beginning, 4, 0); /* BEGINNING_FD */
	CALL(execve, path, arguments, environment);
	bare_exit(127); /* its end of the socket closes, and managed code starts one of its own */
}

/* This user's, and nobody else's. */
static int is_private(int fd, unsigned type)
{
	struct statx status;

	return bare_status(fd, &status) == 0 && (status.stx_mode & S_IFMT) == type && status.stx_uid == (unsigned)CALL(geteuid, 0) &&
	       !(status.stx_mode & 077);
}

/*
 * What the plan of the last job began with (PlanBeginning.cs), where no job comes to write: the launcher can make that for the next job
 * before there is a plan of it, and compares it with the plan once it is there. It is not waited for if it is a FIFO.
 */
static int open_beginning(char *const *environment)
{
	const char *runtime = variable(environment, "XDG_RUNTIME_DIR");
	char path[256];
	struct words words = { path, sizeof path, 0 };
	int directory, file;

	if (runtime == NULL || *runtime != '/')
		return -1;
	add(&words, runtime);
	add(&words, "/sandbox");
	if (!fits(&words))
		return -1;
	directory = bare_open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return -1;
	file = is_private(directory, S_IFDIR)
		       ? bare_open_at(directory, "beginning", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
		       : -1;
	bare_close(directory);
	if (file >= 0 && !is_private(file, S_IFREG)) {
		bare_close(file);
		file = -1;
	}
	return high(file);
}

void start_launcher(char *const *environment)
{
	int ends[2] = { -1, -1 };
	int file = open_launcher();
	int beginning = open_beginning(environment);
	int null = high(bare_open("/dev/null", O_RDWR | O_CLOEXEC));

	if (file >= 0 && null >= 0 && CALL(socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
		ends[0] = high(ends[0]);
		ends[1] = high(ends[1]);
		if (ends[0] >= 0 && ends[1] >= 0 && spawn(file, ends[1], null, beginning) == 0) {
			control = ends[0];
			ends[0] = -1;
		}
	}
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			bare_close(ends[i]);
	if (null >= 0)
		bare_close(null);
	if (beginning >= 0)
		bare_close(beginning);
	if (file >= 0)
		bare_close(file);
}

/* The numbers in /proc/self/fd that are above all that can be inherited; -1 if it cannot be read. */
static int count_beyond(void)
{
	_Alignas(long) char entries[1024];
	int directory = bare_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int beyond = 0;
	long size;

	if (directory < 0)
		return -1;
	while ((size = CALL(getdents64, directory, entries, sizeof entries)) > 0)
		for (long at = 0; at < size; at += *(unsigned short *)(entries + at + 16)) { /* getdents64(2), d_reclen */
			const char *digit = entries + at + 19; /* d_name */
			long number = 0;

			for (; *digit >= '0' && *digit <= '9'; digit++)
				number = number * 10 + *digit - '0';
			beyond += number > LAST_INHERITED;
		}
	bare_close(directory);
	return size < 0 ? -1 : beyond;
}

void note_inherited(void)
{
	int beyond = count_beyond(), used = 0;

	for (int fd = FIRST_INHERITED; fd <= LAST_INHERITED; fd++)
		if (bare_fcntl(fd, F_GETFD, 0) >= 0) {
			inherited |= 1ull << fd;
			used++;
		}
	/* the directory itself was the lowest that was free, unless nobody knows */
	if (beyond < 0 || beyond > (used > LAST_INHERITED - FIRST_INHERITED))
		inherited |= 1ull << BEYOND_INHERITED;
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
