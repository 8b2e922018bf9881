/*
 * The first code of the `sandbox` executable, before the dynamic loader, the C library and the managed runtime: what is decided by the arguments alone, and what
 * the runtime needs to find. `sandbox exec` goes to a job host from here and ends, or starts the launcher; everything else goes on to the loader.
 */
#include "bare.h"
#include "hand_over.h"
#include "launch.h"
#include "loader.h"
#include "warm.h"
#include "words_of_isolate.h"

#define LEAST_ROOM (96ul << 20)

/*
 * The next file opened would get the number of a standard descriptor that the caller had closed, and output would be written
 * into it; the runtime opens files, some for good. Open for the other direction, the replacement fails like the closed one
 * (EBADF), but for stderr, which is closed to silence it.
 */
static void occupy(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (bare_fcntl(fd, F_GETFD, 0) == -EBADF)
			bare_open("/dev/null", fd == 1 ? O_RDONLY : O_WRONLY);
}

/*
 * Below this the runtime dies in the middle of whatever it needs memory for, by a signal and without a word. A soft limit is
 * the caller's wish for the programs that it starts, and is lifted.
 */
static void check_room(int resource, const char *option, int status)
{
	struct rlimit limit;
	char text[200];
	struct words words = { text, sizeof text, 0 };

	if (CALL(prlimit64, 0, resource, NULL, &limit) < 0)
		return;
	if (limit.rlim_cur != limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		CALL(prlimit64, 0, resource, &limit, NULL);
	}
	if (limit.rlim_max >= LEAST_ROOM)
		return;
	add(&words, "sandbox: the limit of ");
	add(&words, resource == RLIMIT_AS ? "address space" : "memory");
	add(&words, " of this process is too low (ulimit ");
	add(&words, option);
	add(&words, "): at least ");
	add_number(&words, LEAST_ROOM >> 10);
	add(&words, " KiB are needed\n");
	bare_write(2, text, words.used);
	bare_exit(status);
}

/* A low ulimit -f is to be an error with words, not our end; the launcher resets it. */
static void ignore_file_size(void)
{
	const struct bare_action ignored = { .handler = (void *)SIG_IGN };

	bare_signal(SIGXFSZ, &ignored, NULL);
}

/* The stack as the kernel made it: the number of arguments, the arguments, NULL, the environment, NULL, the auxiliary vector. */
unsigned long before_the_loader(long *stack)
{
	const int argc = (int)stack[0];
	char **argv = (char **)(stack + 1), **environment = argv + argc + 1, **end = environment;
	const int isolates = isolate_words(argc, argv);
	const int isolate = isolate_has(argc, argv, "--run", 3);
	const int runs = !isolates && argc > 1 && same(argv[1], "run");
	const int executes = !isolates && argc > 2 && same(argv[1], "exec");
	const int status = runs ? 125 : isolates ? 2 : 3;

	if (isolate && isolate_has(argc, argv, "--inherit-fds", 5))
		note_inherited();
	occupy();
	check_room(RLIMIT_AS, "-v", status);
	check_room(RLIMIT_DATA, "-d", status);
	ignore_file_size();
	if (executes)
		hand_over(argc, argv, environment);
	if (argc > 2 && (isolate || runs || executes)) {
		start_launcher(environment);
		warm_pages();
	}
	while (*end != NULL)
		end++;
	return start_of_loader((Elf64_auxv_t *)(end + 1), status);
}
